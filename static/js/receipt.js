// The receipt: focus on the good news, and the print button.
(function () {
  "use strict";
  var heading = document.querySelector("[data-focus]");
  if (heading && !window.location.hash) heading.focus({ preventScroll: true });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });
})();
