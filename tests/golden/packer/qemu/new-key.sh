#!/bin/sh
# Makes the key of one build: the private one in key/, the public one where the machine finds it. new-key.sh [FOLDER], this folder when
# not given; FOLDER is what -var work_directory names. Remove key/ when the build is done.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here}
umask 077
mkdir -p "$to/key"
rm -f "$to/key/id_ed25519" "$to/key/id_ed25519.pub"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$to/key/id_ed25519"
key=$(cut -d ' ' -f 1,2 "$to/key/id_ed25519.pub")
for folder in seed installer; do
  [ -d "$here/$folder" ] || continue
  mkdir -p "$to/$folder"
  [ "$to" = "$here" ] || cp "$here/$folder"/* "$to/$folder/"
done
[ ! -d "$to/seed" ] || printf '{"instance-id": "packer", "public-keys": ["%s"], "cleanup-guestinfo": ["userdata", "metadata"]}\n' "$key" >"$to/seed/meta-data"
[ ! -d "$to/installer" ] || printf '%s\n' "$key" >"$to/installer/authorized_keys"
