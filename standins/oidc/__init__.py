"""An OpenID Connect provider in memory; `mitid` and `personale-login` are two configurations of it."""
