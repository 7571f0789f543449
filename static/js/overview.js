// Keeps count and total of the overview in step with what is chosen. The server reckons everything anew.
(function () {
  "use strict";
  var form = document.querySelector("form[data-overview]");
  if (!form) return;
  var boxes = Array.prototype.slice.call(form.querySelectorAll("input[type=checkbox][data-ore]"));
  var total = form.querySelector("[data-total]");
  var count = form.querySelector("[data-count]");
  if (!total || !count) return;
  var english = document.documentElement.lang === "en";

  function money(ore) {
    var kroner = Math.floor(ore / 100);
    var whole = String(kroner).replace(/\B(?=(\d{3})+(?!\d))/g, english ? "," : ".");
    var rest = String(ore % 100).padStart(2, "0");
    return english ? "DKK\u00a0" + whole + "." + rest : whole + "," + rest + "\u00a0kr.";
  }

  function show() {
    var chosen = boxes.filter(function (box) { return box.checked; });
    var ore = chosen.reduce(function (sum, box) { return sum + Number(box.dataset.ore); }, 0);
    total.textContent = money(ore);
    count.textContent = chosen.length === 0 ? count.dataset.none
      : chosen.length === 1 ? count.dataset.one
      : count.dataset.many.replace("{n}", String(chosen.length));
  }

  form.addEventListener("change", show);
  form.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-choose]");
    if (!button) return;
    boxes.forEach(function (box) { box.checked = button.dataset.choose === "all"; });
    show();
  });
  // The browser may have put older choices back (back button): then what is seen must agree.
  window.addEventListener("pageshow", show);
  show();
})();
