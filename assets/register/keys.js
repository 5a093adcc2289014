// Keys to actions. Pure: the screen carries them out, on the row that has the focus.

const MARKS = { p: "present", a: "absent", l: "late", e: "excused" };

// The action of a key press, or null when the key is not the register's. `inField`: the person is typing.
export function actionFor(event, { inField = false, inConflict = false } = {}) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (key === "Enter" && (ctrlKey || metaKey) && !altKey) return { kind: "take" };
  if (inField) return key === "Escape" ? { kind: "leave_field" } : null;
  if (ctrlKey || metaKey || altKey) return null;
  if (shiftKey && (key === "ArrowDown" || key === "ArrowUp")) return { kind: "extend", by: key === "ArrowDown" ? 1 : -1 };
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (inConflict && letter === "k") return { kind: "keep_theirs" };
  if (inConflict && letter === "r") return { kind: "replace" };
  if (letter in MARKS) return { kind: "mark", status: MARKS[letter], thenNext: shiftKey };
  if (/^[0-9]$/.test(key)) return { kind: "digit", digit: key };
  switch (letter) {
    case "ArrowDown":
    case "Enter":
      return { kind: "move", by: 1 };
    case "ArrowUp":
      return { kind: "move", by: -1 };
    case "ArrowLeft":
      return { kind: "choose", by: -1 };
    case "ArrowRight":
      return { kind: "choose", by: 1 };
    case "PageDown":
      return { kind: "move", by: 10 };
    case "PageUp":
      return { kind: "move", by: -10 };
    case "Home":
      return { kind: "move_to", edge: "first" };
    case "End":
      return { kind: "move_to", edge: "last" };
    case "u":
      return { kind: "undo" };
    case "n":
      return { kind: "note" };
    case "s":
      return shiftKey ? { kind: "apply_all" } : { kind: "apply" };
    case "x":
      return { kind: "select" };
    case "/":
      return { kind: "find" };
    case "Escape":
      return { kind: "clear" };
    default:
      return null;
  }
}

export function isField(element) {
  if (!element) return false;
  if (element.isContentEditable || element.tagName === "TEXTAREA" || element.tagName === "SELECT") return true;
  return element.tagName === "INPUT" && !["checkbox", "radio", "button"].includes(element.type);
}
