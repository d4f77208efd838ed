/** What stands beside the messages: files on their way, a call, presence, the edit that is being written. */

export class Extras {
  constructor(root, words) {
    this.words = words;
    this.file = root.querySelector("#chat-file");
    this.uploadList = root.querySelector("#chat-uploads");
    this.call = root.querySelector("#chat-call");
    this.callBar = root.querySelector("#chat-call-bar");
    this.callLine = root.querySelector("#chat-call-line");
    this.acceptCall = root.querySelector("#chat-call-accept");
    this.endCall = root.querySelector("#chat-call-end");
    this.presence = root.querySelector("#chat-presence");
    this.editing = root.querySelector("#chat-editing");
  }

  beginEdit(message) {
    this.text.value = message.body.text;
    this.editing.hidden = false;
    this.text.focus();
  }

  endEdit() {
    this.text.value = "";
    this.editing.hidden = true;
  }

  showUpload({ id, name, share }) {
    let item = this.uploadList.querySelector(`[data-upload="${id}"]`);
    if (!item) {
      item = element("li", "chat__upload");
      item.dataset.upload = id;
      const bar = element("progress", "chat__progress");
      bar.max = 1;
      bar.setAttribute("aria-label", name);
      item.append(element("span", "chat__upload-name", name), bar);
      this.uploadList.append(item);
    }
    item.querySelector("progress").value = share;
  }

  endUpload(id) {
    this.uploadList.querySelector(`[data-upload="${id}"]`)?.remove();
  }

  fileOf({ attachment, name, size, thumbnail }) {
    const link = element("a", "message__file");
    link.href = `/api/v1/attachments/${attachment}/`;
    if (thumbnail) {
      const picture = element("img", "message__picture");
      picture.src = `${link.href}?variant=thumbnail`;
      picture.alt = name;
      picture.loading = "lazy";
      link.append(picture);
    }
    link.append(element("span", "message__file-name", `${name} · ${sizeOf(size)}`));
    return link;
  }

  allowCall(isAllowed) {
    this.call.hidden = !isAllowed;
  }

  showCall(state, name) {
    this.callBar.hidden = state === "idle";
    this.callBar.dataset.state = state;
    this.callLine.textContent = state === "idle" ? "" : this.words[`call_${state}`].replace("%s", name);
    this.acceptCall.hidden = state !== "ringing";
    if (state === "ringing") this.acceptCall.focus();
  }

  showPresence(text) {
    this.presence.textContent = text;
  }
}

export function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const UNITS = ["byte", "kilobyte", "megabyte"];

function sizeOf(bytes) {
  const place = bytes < 1000 ? 0 : bytes < 1000 * 1000 ? 1 : 2;
  const number = bytes / 1000 ** place;
  const form = { style: "unit", unit: UNITS[place], maximumFractionDigits: number < 10 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, form).format(number);
}
