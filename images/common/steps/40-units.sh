#!/bin/sh
# Enables what the role runs. A unit that does not exist is an error here, and not only at boot.
set -eu
# shellcheck disable=SC2086 # a list
[ -z "$KIMG_UNITS" ] || systemctl enable $KIMG_UNITS
