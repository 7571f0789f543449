// A QR code leads here with its code behind `#`, which the browser never sends: it is put in the field and taken away.
(function () {
  "use strict";
  var field = document.getElementById("code");
  var code = window.location.hash.slice(1);
  if (!field || !/^[0-9A-Za-z-]{12,20}$/.test(code)) return;
  field.value = code;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  field.form.querySelector("button[type=submit]").focus();
})();
