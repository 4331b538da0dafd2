# shellcheck shell=bash
# For the scripts beside it: images from this machine's own files, with no registry and no base image.
# A root folder is filled with files and the shared libraries that they load, then imported with a label that names
# its sources.

# hash_of FILE… (folders: the sources in them)
hash_of() {
  find "$@" -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.json' -o -name '*.sh' \) -print0 |
    sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32
}

# is_current IMAGE HASH: true when it was built from these sources already.
is_current() {
  [ "$(docker image inspect -f '{{index .Config.Labels "quorate.sources"}}' "$1" 2>/dev/null || true)" = "$2" ] || return 1
  echo "$1 is up to date ($2)"
}

# new_root: sets $root to an empty folder with what every image has; removed when the script ends.
roots=()
trap 'rm -rf "${roots[@]}"' EXIT
new_root() {
  root=$(mktemp -d)
  roots+=("$root" "$root.build")
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,tmp,proc,sys,dev}
  for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
  chmod 755 "$root"
  chmod 1777 "$root/tmp"
  printf 'root:x:0:0:root:/:/bin/sh\n' > "$root/etc/passwd"
  printf 'root:x:0:\n' > "$root/etc/group"
  printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
}

add_user() { # NAME ID HOME
  printf '%s:x:%s:%s::%s:/bin/sh\n' "$1" "$2" "$2" "$3" >> "$root/etc/passwd"
  printf '%s:x:%s:\n' "$1" "$2" >> "$root/etc/group"
}

# inside PATH: where it goes in the root; the loader looks for libraries where lib/ and lib64/ lead, which are links into usr/.
inside() { local to=${1#/}; case $to in lib/*|lib64/*|bin/*|sbin/*) to=usr/$to;; esac; printf '%s/%s' "$root" "$to"; }

# put FILE [AS]: a file, never a link, with the libraries that it loads.
put() {
  local to
  to=$(inside "${2:-$1}")
  [ -e "$to" ] || install -D -m "$(stat -Lc %a "$1")" "$(readlink -f "$1")" "$to"
}

# put_libraries FOLDER: what the programs and libraries in a folder of the root load, and what name resolution needs.
put_libraries() {
  find "$1" -type f \( -perm -100 -o -name '*.so*' \) | while read -r file; do
    { ldd "$file" 2>/dev/null || true; } | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }'
  done | sort -u | { grep -vF "$root" || true; } | while read -r library; do put "$library"; done
  local name found
  for name in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
    for found in /lib/*-linux-gnu/$name; do [ -e "$found" ] && put "$found"; done
  done
}

# put_tools: the small tools of a shell, from the one static busybox.
put_tools() {
  local tool
  put /bin/busybox
  for tool in $(/bin/busybox --list); do [ -e "$root/usr/bin/$tool" ] || ln -s busybox "$root/usr/bin/$tool"; done
}

# import IMAGE HASH DOCKERFILE-LINE…
import() {
  local image=$1 hash=$2 line changes=()
  shift 2
  for line in "$@"; do changes+=(-c "$line"); done
  tar -C "$root" -c . | docker import "${changes[@]}" -c "LABEL quorate.sources=$hash" - "$image" > /dev/null
  echo "$image built ($hash)"
}

# publish PROJECT: a self-contained program into /app.
publish() {
  mkdir -p "$root/app"
  dotnet publish "$1" -c Release -r linux-x64 --self-contained true \
    -p:DebugType=none -p:PublishDocumentationFiles=false -p:ArtifactsPath="$root.build" -p:NuGetLockFilePath="$root.build/packages.lock.json" \
    -v quiet --nologo -o "$root/app"
  rm -rf "$root.build"
}
