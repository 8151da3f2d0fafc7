# SPDX-License-Identifier: Apache-2.0
# plugin_page.sh - takes what is between `.\" begin NAME` and `.\" end NAME` out of penstock-plugin(3), as a reader copies it; sourced.

page_part () {
  sed -n "/^\\.\\\\\" begin $1\$/,/^\\.\\\\\" end $1\$/p" "$srcdir/docs/penstock-plugin.3" \
    | sed -e '1d;$d' -e 's/\\-/-/g; s/\\(aq/'"'"'/g; s/\\e/\\/g'
}

# page_session FOLDER: runs the page's commands there; what they print must be what the page says (standard error: session.err).
page_session () {
  local line
  page_part session > "$T/session"
  [ "$(grep -c '^\$ ' "$T/session")" -ge 3 ] || fail "penstock-plugin(3) has no session"
  while IFS= read -r line; do
    case $line in
      '$ '*)
        printf '%s\n' "$line"
        (cd "$1" && eval "${line#\$ }") 2>> "$T/session.err" || printf 'status %s\n' "$?" ;;
    esac
  done < "$T/session" > "$T/session.out"
  same "$T/session" "$T/session.out"
}
