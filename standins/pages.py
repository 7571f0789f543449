"""The plain Danish page that every stand-in's screens are made of: no script, nothing from elsewhere."""

import jinja2

_SHELL = """<!doctype html>
<html lang="da">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<link rel="icon" href="data:,">
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; color: #1a1a1a; background: #f4f4f2; }
  header, main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
  header p { margin: 0; font-size: .9rem; color: #444; }
  main { background: #fff; border: 1px solid #d0d0cc; border-radius: 6px; }
  table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
  th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ddd; }
  label { display: block; font-weight: 600; margin-top: .8rem; }
  input { font: inherit; padding: .4rem; border: 1px solid #666; border-radius: 4px; max-width: 100%; }
  button { font: inherit; padding: .5rem 1rem; margin: .3rem .3rem .3rem 0; border: 1px solid #0a3a82;
           border-radius: 4px; background: #0a4db3; color: #fff; cursor: pointer; }
  button.quiet { background: #fff; color: #0a3a82; }
  pre { white-space: pre-wrap; background: #f4f4f2; padding: .6rem; overflow-wrap: anywhere; }
  .error { border-left: 4px solid #a80000; padding: .4rem .8rem; background: #fdf0f0; }
  a { color: #0a3a82; }
  td { overflow-wrap: anywhere; }
</style>
</head>
<body>
<header><p>Et øvelsessted. Alle personer og beløb er opdigtede.</p></header>
<main>
<h1>{{ title }}</h1>
{% block body %}{% endblock %}
</main>
</body>
</html>
"""

_environment = jinja2.Environment(
    autoescape=True, undefined=jinja2.StrictUndefined, loader=jinja2.DictLoader({"shell": _SHELL})
)
_environment.filters["kr"] = lambda ore: f"{ore // 100:,}".replace(",", ".") + f",{ore % 100:02d} kr."


def template(body: str) -> jinja2.Template:
    """A page with this body inside the shared shell; render it with `title` and what the body names.

    Values are escaped. The filter `kr` shows øre as `2.194,00 kr.`.
    """
    return _environment.from_string('{% extends "shell" %}{% block body %}' + body + "{% endblock %}")
