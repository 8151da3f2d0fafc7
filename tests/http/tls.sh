#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tls.sh - nginx with TLS and an own certificate authority: trusted, not trusted, expired, another name, client certificates.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/http/httplib.sh"
requires openssl nginx
requires_plugin source-http parser-csv jsonl
cd "$T"

mkdir www
for i in 1 2 3; do printf 'id,name\n%d,n%d\n' "$i" "$i" > "www/$i.csv"; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=Test CA" 2> openssl.log
mkdir ca.d
: > ca.d/index.txt
echo 01 > ca.d/serial
cat > ca.cnf <<'END'
[ca]
default_ca = d
[d]
dir = ca.d
database = ca.d/index.txt
serial = ca.d/serial
new_certs_dir = ca.d
default_md = sha256
policy = p
copy_extensions = copy
unique_subject = no
[p]
commonName = supplied
END
certificate () { # NAME ALTNAME FROM TO
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" \
    -addext "subjectAltName=$2" 2>> openssl.log
  openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in "$1.csr" -out "$1.pem" -startdate "$3" -enddate "$4" -notext 2>> openssl.log
}
yesterday=$(date -u -d yesterday +%Y%m%d%H%M%SZ) tomorrow=$(date -u -d tomorrow +%Y%m%d%H%M%SZ)
certificate good IP:127.0.0.1 "$yesterday" "$tomorrow"
certificate expired IP:127.0.0.1 "$(date -u -d '3 days ago' +%Y%m%d%H%M%SZ)" "$yesterday"
certificate other DNS:bank.example "$yesterday" "$tomorrow"
certificate client DNS:client "$yesterday" "$tomorrow"
p1=$(free_port) p2=$(free_port) p3=$(free_port) p4=$(free_port)
section () { echo "server { listen 127.0.0.1:$1 ssl; root $T/www; ssl_certificate $T/$2.pem; ssl_certificate_key $T/$2.key; ${3:-} }"; }
start_nginx "$(section "$p1" good) $(section "$p2" expired) $(section "$p3" other)
  $(section "$p4" good "ssl_client_certificate $T/ca.pem; ssl_verify_client on;")"

tls="retries: { max = 2; first = \"20ms\"; }; tls: { ca = \"$T/ca.pem\"; };"
pipeline good "$tls url = \"https://127.0.0.1:$p1/{1..3}.csv\";"
run 0 good
expect_rows good 3
run 0 good
expect_text "$T/err" "3 not modified"

# who is not in the system's list is not trusted, and there is no switch to look away
pipeline system "url = \"https://127.0.0.1:$p1/1.csv\";"
run 3 system
expect_text "$T/err" "certificate"
pipeline expired "$tls url = [ \"https://127.0.0.1:$p2/1.csv\", \"https://127.0.0.1:$p1/2.csv\" ];"
run 3 expired
expect_text "$T/err" "$p2/1.csv: SSL certificate problem: certificate has expired; nothing"
expect_rows expired 1
pipeline other "$tls url = \"https://127.0.0.1:$p3/1.csv\";"
run 3 other
expect_text "$T/err" "$p3/1.csv: SSL: no alternative certificate subject name matches"
expect_rows other 0

# mutual TLS
pipeline nobody "$tls url = \"https://127.0.0.1:$p4/1.csv\";"
run 3 nobody
expect_text "$T/err" "$p4/1.csv: HTTP 400"
pipeline client "retries: { max = 0; }; tls: { ca = \"$T/ca.pem\"; cert = \"$T/client.pem\"; key = \"$T/client.key\"; };
  url = \"https://127.0.0.1:$p4/1.csv\";"
run 0 client
expect_rows client 1
