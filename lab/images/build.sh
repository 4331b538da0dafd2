#!/bin/bash
# Builds the image quorate/shop:latest from this tree alone: no registry, no base image.
# The image holds the self-contained program and the shared libraries that it loads. Does nothing when the image was
# built from the same sources already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
image=quorate/shop:latest

cd "$top"
sources=$(find lab/shop lab/images Directory.Build.props Directory.Packages.props global.json \
  -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.json' -o -name '*.sh' \) -print0 |
  sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32)
built=$(docker image inspect -f '{{index .Config.Labels "quorate.sources"}}' "$image" 2>/dev/null || true)
if [ "$built" = "$sources" ]; then
  echo "$image is up to date ($sources)"
  exit 0
fi

root=$(mktemp -d)
trap 'rm -rf "$root" "$root.build"' EXIT
mkdir -p "$root"/usr/{bin,lib,lib64} "$root"/{app,data,etc,tmp,proc,sys,dev}
for link in bin lib lib64; do ln -s "usr/$link" "$root/$link"; done
dotnet publish lab/shop/Quorate.Lab.Shop.csproj -c Release -r linux-x64 --self-contained true \
  -p:DebugType=none -p:PublishDocumentationFiles=false -p:ArtifactsPath="$root.build" -p:NuGetLockFilePath="$root.build/packages.lock.json" \
  -v quiet --nologo -o "$root/app"
rm -rf "$root.build"

# Each library goes to the path at which the loader looks for it; lib/ and lib64/ are links into usr/.
add() { local to=${1#/}; case $to in lib/*|lib64/*) to=usr/$to;; esac; [ -e "$root/$to" ] || install -D -m 755 "$(readlink -f "$1")" "$root/$to"; }
find "$root/app" -type f \( -name '*.so' -o -name shop \) | while read -r file; do
  { ldd "$file" 2>/dev/null || true; } | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }'
done | sort -u | { grep -vF "$root" || true; } | while read -r library; do add "$library"; done
for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
  for found in /lib/*-linux-gnu/$name; do [ -e "$found" ] && add "$found"; done
done

printf 'root:x:0:0:root:/:/bin/false\nshop:x:10001:10001::/tmp:/bin/false\n' > "$root/etc/passwd"
printf 'root:x:0:\nshop:x:10001:\n' > "$root/etc/group"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
chmod 755 "$root"
chmod 1777 "$root/tmp"
chown 10001:10001 "$root/data"
tar -C "$root" -c . | docker import \
  -c 'ENTRYPOINT ["/app/shop"]' -c 'USER 10001:10001' -c 'WORKDIR /tmp' -c 'ENV DOTNET_EnableDiagnostics=0' \
  -c "LABEL quorate.sources=$sources" - "$image" > /dev/null
echo "$image built ($sources)"
