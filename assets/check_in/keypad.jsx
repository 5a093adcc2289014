import { createElement as h, useState } from "react";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ", "-"];

// Keys for a finger. A press leaves the focus where it is, so that a scanner can follow at once.
export function Keypad({ labels, onKey, onDelete }) {
  const [isLetters, setLetters] = useState(false);
  const key = (text, press, label) =>
    h("button", {
      key: text,
      type: "button",
      className: "btn kiosk-key",
      "aria-label": label,
      onPointerDown: (event) => event.preventDefault(),
      onClick: press,
    }, text);
  const keys = (isLetters ? LETTERS : DIGITS).map((each) => key(each, () => onKey(each)));
  const change = key(
    isLetters ? labels.digits : labels.letters,
    () => setLetters(!isLetters),
    isLetters ? labels.digits_label : labels.letters_label,
  );
  const remove = key("⌫", onDelete, labels.delete);
  const last = isLetters ? [change, remove] : [change, key("0", () => onKey("0")), remove];
  return h("div", { className: "kiosk-keypad", role: "group", "aria-label": labels.keypad, "data-letters": String(isLetters) }, ...keys, ...last);
}
