// Draws every [data-figure] with Plotly, also those that arrive later in a fragment. The table beside says the same.
(() => {
  "use strict";
  const settings = { displayModeBar: false, responsive: true };

  const draw = (root) => {
    const figures = [...root.querySelectorAll("[data-figure]")];
    if (root.matches && root.matches("[data-figure]")) figures.push(root);
    figures.forEach((figure) => {
      if (figure.dataset.drawn) return;
      figure.dataset.drawn = "yes";
      const { data, layout } = JSON.parse(figure.dataset.figure);
      const family = getComputedStyle(document.body).fontFamily;
      const font = { family, color: "#1b2530", size: 13 };
      const body = figure.querySelector("[data-chart-body]");
      // when the window changes Plotly forgets the height it drew with, and the table would slip under the chart
      if (layout.height) body.style.minHeight = `${layout.height}px`;
      window.Plotly.newPlot(body, data, { ...layout, font }, settings);
    });
  };

  draw(document);
  document.addEventListener("htmx:load", (event) => draw(event.detail.elt));
})();
