#!/bin/sh
# pin.sh COMPONENT VERSION MODULE@VERSION[,MODULE@VERSION...] PACKAGE...
# Writes COMPONENT/VERSION/go.mod and go.sum: a module of ours that requires released modules exactly and names the programs
# to compile as tools, so that `go mod tidy` keeps every checksum they need. README.md lists the calls that made what is here.
set -eu
component=$1 version=$2 released=$(echo "$3" | tr , ' ')
shift 3
first=${released%% *}
tag=${first#*@}
here=$(cd "$(dirname "$0")" && pwd)
folder=$here/$component/$version
mkdir -p "$folder"
cd "$folder"
export GOFLAGS=-mod=mod GOWORK=off

upstream=$(go mod download -json "$first" | sed -n 's/^\t"GoMod": "\(.*\)",\{0,1\}$/\1/p')
# The `go` line decides the language version and the GODEBUG defaults of the programs: take theirs. Tools need 1.24.
language=$(sed -n 's/^go \([0-9.]*\).*/\1/p' "$upstream")
case $language in 1.?|1.1?|1.1?.*|1.2[0-3]|1.2[0-3].*|'') language=1.24.0 ;; esac
rm -f go.mod go.sum
go mod init "kimg/components/$component" 2>/dev/null
go mod edit -go="$language"
for module in $released; do go mod edit -require="$module"; done
sed -n 's/^godebug //p' "$upstream" | while read -r setting; do go mod edit -godebug="$setting"; done
# Kubernetes' libraries live in its own tree and are published as v0.MINOR.PATCH of their own modules.
sed -n 's|^\tk8s.io/[^ ]* => ./staging/src/\(k8s.io/[^ ]*\)$|\1|p' "$upstream" | while read -r library; do
  go mod edit -replace="$library=$library@v0.${tag#v1.}"
done
for package in "$@"; do go mod edit -tool="$package"; done
if [ -d stub ]; then
  for stub in $(cd stub && find . -name go.mod); do
    path=$(sed -n 's/^module //p' "stub/$stub")
    go mod edit -replace="$path=./stub/$(dirname "${stub#./}")"
  done
fi
go mod tidy
