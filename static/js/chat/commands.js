/** What messages say about earlier ones: edits, deletions, reactions. Each is applied to the message it refers to. */

const COMMANDS = new Set(["edit", "delete", "react", "unreact"]);

export const EMOJI = ["👍", "❤️", "😄", "🎉", "😮", "😢"];

export function isCommand(message) {
  return COMMANDS.has(message.kind);
}

/** Change the target; return it, or nothing when this page doesn't have it. */
export function apply(command, messages) {
  const target = messages.find((message) => message.seq === command.refers_to);
  if (!target) return undefined;
  if (command.kind === "edit") {
    target.body = command.body;
    target.edited_at = command.at;
  } else if (command.kind === "delete") {
    target.body = {};
    target.deleted = true;
    target.reactions = {};
  } else {
    const reactions = (target.reactions ??= {});
    const { emoji } = command.body;
    const others = (reactions[emoji] ?? []).filter((id) => id !== command.sender);
    reactions[emoji] = command.kind === "react" ? [...others, command.sender] : others;
    if (!reactions[emoji].length) delete reactions[emoji];
  }
  return target;
}
