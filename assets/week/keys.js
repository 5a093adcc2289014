// Keys that press what carries them: an element with data-key="ArrowLeft" is clicked by the left arrow.
// And on a phone, where the week is one long list, today's part of it is shown first.
(() => {
  "use strict";
  if (window.academics?.hasKeys) return;
  const showToday = () => {
    if (!matchMedia("(max-width: 720px)").matches || scrollY > 8) return;
    requestAnimationFrame(() => document.querySelector(".day.is-today:not(:first-of-type)")?.scrollIntoView());
  };
  window.academics = { ...window.academics, hasKeys: true, showToday };
  showToday();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
    const target = event.target;
    if (target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))) return;
    if (document.querySelector("dialog[open]")) return;
    const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (wanted) {
      event.preventDefault();
      wanted.click();
    }
  });
})();
