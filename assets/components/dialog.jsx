import { createElement, useEffect, useRef } from "react";

// The browser's own modal dialog, opened and closed by a prop. Its content exists only while it is open, so a form in
// it begins with its default values each time; the browser keeps the focus inside and gives it back afterwards. The
// focus begins at the first field, or where data-autofocus says.
const FIRST = [
  "[data-autofocus]",
  ".palette-input",
  ".dialog-body :is(input:not([type=hidden]), select, textarea):not(:disabled)",
  ".dialog-foot .btn-primary",
].join(", ");

export function ModalDialog({ isOpen, onDismiss, children, ...rest }) {
  const ref = useRef(null);
  const pressedOutside = useRef(false);
  useEffect(() => {
    const dialog = ref.current;
    if (isOpen && !dialog.open) {
      dialog.showModal();
      dialog.querySelector(FIRST)?.focus();
    }
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return createElement(
    "dialog",
    {
      ...rest,
      ref,
      onCancel: (event) => {
        if (event.target !== ref.current) return;
        // It closes at once, also without a connection; the state follows.
        onDismiss?.();
      },
      onMouseDown: (event) => {
        pressedOutside.current = event.target === ref.current;
      },
      onClick: (event) => {
        if (event.target === ref.current && pressedOutside.current) onDismiss?.();
      },
    },
    isOpen ? children : null,
  );
}
