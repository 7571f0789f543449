// After a form is sent its button says what happens, and a second click does nothing. The server guards as well.
(function () {
  "use strict";
  var sent = [];
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
    var button = event.submitter;
    if (!button || !button.hasAttribute("data-busy")) return;
    form.setAttribute("data-sent", "");
    sent.push([form, button, button.textContent]);
    button.textContent = button.dataset.busy;
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    sent.splice(0).forEach(function (entry) {
      entry[0].removeAttribute("data-sent");
      entry[1].textContent = entry[2];
    });
  });
})();
