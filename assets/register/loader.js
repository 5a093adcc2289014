// On every page: marks that an earlier page could not send are sent now, if the same person is signed in.

import { askWhoIsSignedIn } from "./delivery.js";
import { Access, outboxOf } from "./outbox.js";
import { keptByUser } from "./store.js";

const AGAIN_MS = 15000;

async function sendWhatIsKept() {
  const kept = keptByUser();
  if (kept.size === 0) return;
  const user = await askWhoIsSignedIn((...all) => fetch(...all));
  if (user === null) setTimeout(sendWhatIsKept, AGAIN_MS);
  else if (kept.has(user)) outboxOf(user).start({ access: Access.GRANTED });
  else if (user === 0) sayWhatIsKept([...kept.values()].reduce((sum, count) => sum + count, 0));
}

// The words come with the script's tag, in the screens' language.
function sayWhatIsKept(count) {
  const words = document.querySelector("script[data-kept-text]")?.dataset.keptText;
  if (!words || document.getElementById("outbox-kept")) return;
  const line = document.createElement("p");
  line.id = "outbox-kept";
  line.className = "banner";
  line.textContent = words.replace("{n}", String(count));
  document.body.prepend(line);
}

sendWhatIsKept();
