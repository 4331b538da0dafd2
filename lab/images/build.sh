#!/bin/bash
# Builds the image quorate/shop:latest from this tree alone: no registry, no base image.
# The image holds the self-contained program and the shared libraries that it loads. Does nothing when the image was
# built from the same sources already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
image=quorate/shop:latest

cd "$here/../.."
sources=$(hash_of lab/shop lab/hosting lab/images/build.sh lab/images/lib.sh Directory.Build.props Directory.Packages.props global.json)
is_current "$image" "$sources" && exit 0

new_root
publish lab/shop/Quorate.Lab.Shop.csproj
put_libraries "$root/app"
add_user shop 10001 /tmp
install -d -o 10001 -g 10001 "$root/data"
import "$image" "$sources" 'ENTRYPOINT ["/app/shop"]' 'USER 10001:10001' 'WORKDIR /tmp' 'ENV DOTNET_EnableDiagnostics=0'
