/* The browsable REST interface. A file of its own, because the content policy allows no script inside a page. */
(() => {
  const target = document.getElementById("api-docs");
  SwaggerUIBundle({
    url: target.dataset.schema,
    domNode: target,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    persistAuthorization: false,
    validatorUrl: null,
  });
})();
