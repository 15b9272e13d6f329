#!/bin/sh
# The image's and the role's files, as they are. Folders that are there already keep what they are.
set -eu
mkdir -p /var/tmp/kimg/files
cd /var/tmp/kimg/files
find . -type f -print0 |
  tar --create --null --files-from=- --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --file=- |
  tar --extract --directory=/ --keep-directory-symlink --no-overwrite-dir --preserve-permissions --file=-
cp /var/tmp/kimg/sources.list /etc/apt/sources.list
chmod 0644 /etc/apt/sources.list
