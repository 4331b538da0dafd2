#!/bin/sh
# What the lab relies on of the public image's entry point: each /etc/nginx/templates/*.template becomes a file of
# /etc/nginx/conf.d at every start, with ${NAME} replaced by what the environment says.
set -eu
for template in /etc/nginx/templates/*.template; do
  [ -e "$template" ] || continue
  awk '{ for (name in ENVIRON) while ((at = index($0, "${" name "}")) > 0)
           $0 = substr($0, 1, at - 1) ENVIRON[name] substr($0, at + length(name) + 3)
         print }' "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
done
exec "$@"
