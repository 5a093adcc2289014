// Runs before any script of a page: writes down what the person meant, what the server acknowledged and how each
// conflict was decided. In localStorage, as the outbox itself, so that a closed tab loses neither or both.
(() => {
  const PREFIX = "academics.outbox.1.";
  const write = Storage.prototype.setItem;
  const note = (kind, value) => write.call(localStorage, `chaos.${kind}.${crypto.randomUUID()}`, JSON.stringify(value));
  const meant = new Set();

  Storage.prototype.setItem = function setItem(key, value) {
    write.call(this, key, value);
    if (!key.startsWith(PREFIX) || key.endsWith("probe")) return;
    const { id, kind, session, student, status, minutes, state, order, reason } = JSON.parse(value);
    const intent = `${id} ${status} ${minutes}`;
    if (state === "refused") note("refused", { id, reason });
    if (meant.has(intent)) return;
    meant.add(intent);
    note("meant", { id, kind, session, student, status, minutes, order, at: performance.timeOrigin + performance.now() });
  };

  const acknowledged = new Set();
  setInterval(() => {
    for (const outbox of globalThis.academicsOutboxes?.values() ?? []) {
      if (!outbox.isWitnessed) {
        outbox.isWitnessed = true;
        outbox.subscribe(() => {
          for (const id of outbox.delivered.keys()) {
            if (acknowledged.has(id)) continue;
            acknowledged.add(id);
            note("acknowledged", { id });
          }
        });
      }
      for (const item of outbox.store.all()) {
        if (item.state !== "conflict") continue;
        if (localStorage.getItem("chaos-insists")) outbox.replaceWithMine(item.id);
        else {
          note("yielded", { session: item.session, student: item.student, order: item.order });
          outbox.keepTheirs(item.id);
        }
      }
    }
  }, 200);
})();
