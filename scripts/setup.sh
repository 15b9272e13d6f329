# Sourced by ./quickstart and ./test: what both need on a fresh Debian 12 (or 13) machine. Installs only what is missing.

# kimg's own needs on the host; everything else comes out of the tools trees that it makes itself.
host_packages="bubblewrap ca-certificates debian-archive-keyring mmdebstrap uidmap util-linux"

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
  missing=
  for package; do is_installed "$package" || missing="$missing $package"; done
  [ -n "$missing" ] || return 0
  say "installing$missing"
  as_root apt-get update -q >&2
  # shellcheck disable=SC2086 # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2
}

node_is_new_enough() {
  command -v node >/dev/null && command -v npm >/dev/null &&
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

# Debian 12's Node is 18: a newer one comes from the npm registry, into this checkout only.
ensure_node() {
  PATH="$PWD/.node/node_modules/.bin:$PATH"
  node_is_new_enough && return 0
  command -v npm >/dev/null || install_packages nodejs npm
  say "installing Node 22 into .node/"
  npm install --no-save --no-audit --no-fund --prefix .node node@22 >&2
  node_is_new_enough || { echo "error: no Node >= 20.19 could be installed" >&2; exit 3; }
}

# node_modules as the lock file says, once per lock file. Not `npm ci`: npm 11 refuses a lock file without an entry for each optional
# package of other platforms, and writes one itself where the registry does not serve them.
ensure_modules() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && return 0
  say "installing npm packages"
  npm install --no-save --no-audit --no-fund >&2
}

set_up() {
  # shellcheck disable=SC2086 # a list of words
  install_packages $host_packages "$@"
  ensure_node
  ensure_modules
}
