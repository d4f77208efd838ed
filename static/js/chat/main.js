/** Starts the chat page. */

import { Chat } from "./chat.js";
import { deviceId } from "./ids.js";
import { openOutbox } from "./outbox.js";
import { Sender } from "./sender.js";
import { TabSocket } from "./tabs.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const root = document.getElementById("chat");
const socket = new TabSocket(root.dataset.socket, deviceId(), root.dataset.me);
const sender = new Sender(socket, await openOutbox(root.dataset.me));
const chat = new Chat({ root, me: root.dataset.me, words: read("chat-words"), socket, sender });
await chat.start(read("chat-state"));
root.dataset.started = "true";
