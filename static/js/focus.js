// A page that reports a mistake or a result begins there.
(function () {
  "use strict";
  var target = document.querySelector("[data-focus]");
  if (target) target.focus();
})();
