"""The provider's own pages, in Danish: log in, log out, and what is wrong with a request."""

from standins.pages import template

LOGIN = template("""
{% if reference_text %}<p>Du logger ind på: <strong>{{ reference_text }}</strong></p>{% endif %}
{% if error %}<p class="error" role="alert">{{ error }}</p>{% endif %}
<form method="post" action="{{ action }}">
<input type="hidden" name="request" value="{{ request }}">
<label for="bruger-id">Bruger-id</label>
<input id="bruger-id" name="username" value="{{ username }}" autocomplete="off" autocapitalize="none">
<button type="submit">Log ind</button>
<h2>Eller vælg en person</h2>
<table><thead><tr><th scope="col">Log ind som</th><th scope="col">Viser</th></tr></thead>
<tbody>{% for person in people %}
<tr><td><button type="submit" name="person" value="{{ person.username }}">{{ person.name }}</button></td>
<td>{{ person.note }}</td></tr>{% endfor %}</tbody></table>
<button type="submit" name="abort" value="1" class="quiet">Afbryd</button>
</form>
""")

PROBLEM = template("""
<p class="error" role="alert">{{ reason }}</p>
<p>Luk siden, og begynd forfra hos den tjeneste, du kom fra.</p>
""")

LOGOUT = template("""
{% if is_logged_in %}
<p>Du er logget ind.</p>
<form method="post" action="{{ action }}"><button type="submit">Log ud</button></form>
{% else %}
<p>Du er logget ud.</p>
{% endif %}
{% if told %}<h2>Tjenester, der har fået besked</h2>
<ul>{% for line in told %}<li>{{ line }}</li>{% endfor %}</ul>{% endif %}
""")

INDEX = template("""
<pre>{{ about }}</pre>
<ul>
<li><a href="op/.well-known/openid-configuration">Discovery</a></li>
<li><a href="op/.well-known/openid-configuration/jwks">Nøgler</a></li>
<li><a href="op/Account/Logout">Log ud</a></li>
</ul>
<form method="post" action="op/rotate-keys"><button type="submit" class="quiet">Skift nøgle</button></form>
""")
