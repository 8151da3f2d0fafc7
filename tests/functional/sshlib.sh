# SPDX-License-Identifier: Apache-2.0
# sshlib.sh - an OpenSSH server of the test's own on loopback: own keys, own configuration, own port, stopped by its pid.

SSHD=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd || true)
[ -n "$SSHD" ] || skip "needs the command \"sshd\" (package openssh-server)"
requires ssh-keygen sftp
[ -e "$builddir/.libs/source-sftp.so" ] || skip "plugin \"sftp\" was not built"
ssh_user=$(id -un)

S=$T/ssh
mkdir -m 700 "$S"
for kind in rsa ed25519; do ssh-keygen -q -t $kind -N '' -C '' -f "$S/host_$kind"; done
ssh-keygen -q -t ed25519 -N '' -C '' -f "$S/user"
ssh-keygen -q -t rsa -N '' -C '' -f "$S/user_rsa"
ssh-keygen -q -t ed25519 -N 'open sesame' -C '' -f "$S/user_locked"
cat "$S"/user*.pub > "$S/authorized"
# where privileges are separated, an empty directory of root's is asked for
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd

# server [LINES]: (re)starts it, these lines first (the first one wins); $ssh_port stays the same.
server () {
  server_stop
  local tries=0
  while :; do
    : "${ssh_port:=$((20000 + RANDOM % 20000))}"
    cat > "$S/sshd_config" <<EOC
${1:-}
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $S/host_rsa
HostKey $S/host_ed25519
PidFile $S/sshd.pid
AuthorizedKeysFile $S/authorized
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
EOC
    : > "$S/log"
    ${ssh_wrap:-} "$SSHD" -f "$S/sshd_config" -E "$S/log" && wait_for grep -qE 'Server listening|Cannot bind' "$S/log"
    grep -q 'Server listening' "$S/log" && wait_for test -s "$S/sshd.pid" && return 0
    tries=$((tries + 1))
    [ "$tries" -lt 20 ] || { cat "$S/log" >&2; fail "sshd does not start"; }
    ssh_port=
  done
}
# Kills the listener and all that it has forked for connections.
server_stop () {
  local pid
  [ -s "$S/sshd.pid" ] || return 0
  pid=$(cat "$S/sshd.pid")
  kill_tree "$pid"
  rm -f "$S/sshd.pid"
  wait_for dead "$pid"
}
dead () { ! kill -0 "$1" 2>/dev/null || [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null)" = Z ]; }
kill_tree () {
  local child
  for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do kill_tree "$child"; done
  kill -9 "$1" 2>/dev/null || true
}
at_exit server_stop

fingerprint () { ssh-keygen -lf "$S/host_$1.pub" | cut -d' ' -f2; }
known_hosts () { # KIND...: what ssh would keep
  local k
  for k in "$@"; do echo "[127.0.0.1]:$ssh_port $(cut -d' ' -f1,2 "$S/host_$k.pub")"; done > "$S/known_hosts"
}

# source SERVER-SIDE-PATH [FURTHER OPTIONS]: the source's part of a configuration
source_lines () {
  echo "source: { plugin = \"sftp\"; host = \"127.0.0.1\"; port = $ssh_port; user = \"$ssh_user\"; path = \"$1\";
    known_hosts = \"$S/known_hosts\"; ${2:-}
    ${ssh_auth-key = \"$S/user\";} ${ssh_settle-settle = \"0s\";} };"
}
# pipeline PATH [SOURCE OPTIONS] [SETTINGS]: $T/x.conf
sftp_pipeline () {
  cat > "$T/x.conf" <<EOC
pipeline: {
  name = "x"; state = "$T/state";
  $(source_lines "$1" "${2:-}")
  parser: { plugin = "nacha"; };
  sinks: ( { plugin = "sqlite"; path = "$T/out.db"; } );
  errors: { on_reject = "reject-object"; };
  ${3:-}
};
EOC
  chmod 600 "$T/x.conf"
}
