package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCertificatesOfClients sells over TLS to a server that wants to know who
// asks.
func TestCertificatesOfClients(t *testing.T) {
	dir := t.TempDir()
	authority, pair := writeCertificates(t, dir)
	file := func(name string) string { return filepath.Join(dir, name) }
	for _, hangsUp := range []bool{false, true} {
		door, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
			Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: authority,
		})
		if err != nil {
			t.Fatal(err)
		}
		d := &doorman{hangsUp: hangsUp, refused: map[string]int{}, met: map[string]int{}}
		flags := []string{"--tls-ca", file("ca.pem"), "--tls-cert", file("cert.pem"), "--tls-key", file("key.pem")}
		if hangsUp {
			d.lets, flags = slices.Concat(alone, ownCommands["once"]), append(flags, "--no-hello")
		}
		d.standAt(t, door, embedded(t))
		url := "rediss://" + door.Addr().String()
		for i, mode := range conns {
			if hangsUp || i == 0 {
				runOn(t, url, append(flags, "--conns", mode)...).isValid(t)
			}
		}
		runOn(t, url, "--tls-ca", file("ca.pem")).refuses(t, "it may want --tls-cert and --tls-key")
		runOn(t, url, flags[2:]...).refuses(t, "--tls-ca names the authority")
	}
}

// writeCertificates makes an authority, and of it a certificate for 127.0.0.1
// that is a client's too.
func writeCertificates(t *testing.T, dir string) (*x509.CertPool, tls.Certificate) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, kind string, der []byte) {
		must(os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	}
	key := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
		return key
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	caKey, leafKey := key(), key()
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	must(err)
	write("ca.pem", "CERTIFICATE", der)
	pool := x509.NewCertPool()
	made, err := x509.ParseCertificate(der)
	must(err)
	pool.AddCert(made)
	der, err = x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	must(err)
	write("cert.pem", "CERTIFICATE", der)
	private, err := x509.MarshalPKCS8PrivateKey(leafKey)
	must(err)
	write("key.pem", "PRIVATE KEY", private)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	must(err)
	return pool, pair
}

// proxiesPage is the page about servers that somebody else runs.
const proxiesPage = "../../scenario/server/PROXIES.md"

// rightsOf are the rights that the page gives under a name: the line of the user,
// and of it those that are for commands.
func rightsOf(t *testing.T, name string) (user []any, commands []string) {
	t.Helper()
	page, err := os.ReadFile(proxiesPage)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^ACL SETUSER ` + name + ` .*$`).FindString(string(page))
	for _, word := range strings.Fields(line) {
		if word == ">PASSWORD" {
			word = ">pw"
		}
		user = append(user, word)
		if strings.HasPrefix(word, "+") {
			commands = append(commands, word)
		}
	}
	if len(commands) < 5 {
		t.Fatalf("the page has no line for %s", name)
	}
	return user, commands
}

// TestLeastRights: the rights on the page are enough, and none is one too many.
func TestLeastRights(t *testing.T) {
	real := realRedis(t)
	as := func(user []any, change ...any) string {
		t.Helper()
		if _, err := real.Do(t.Context(), append(slices.Clone(user), change...)...); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("redis://%s:pw@%s", user[2], strings.TrimPrefix(real.Address, "redis://"))
	}
	without := func(right string) string { return "-" + right[1:] }
	must, needed := rightsOf(t, "seller")
	all, given := rightsOf(t, "observer")
	for _, mode := range conns {
		runOn(t, as(must), "--conns", mode).isValid(t)
	}
	r := runOn(t, as(all))
	if r.isValid(t); len(r.result.Server.Refused) > 0 {
		t.Errorf("the observer is refused: %q", r.result.Server.Refused)
	}
	for _, right := range needed {
		r := runOn(t, as(must, without(right)), "--timeout", "300ms") // an audit waits as long, in vain
		said := strings.ToLower(r.stdout + r.stderr)
		outside := strings.Contains(said, "noperm") && strings.Contains(said, right[1:])
		inside := strings.Contains(said, "can't run this command") // Redis 7.0 does not say which
		if r.code == 0 || !outside && !inside {
			t.Errorf("without %s: exit %d, %s", right, r.code, said)
		}
	}
	for _, right := range given {
		if slices.Contains(needed, right) {
			continue
		}
		word, _, _ := strings.Cut(right[1:], "|")
		r := runOn(t, as(all, without(right)))
		r.isValid(t)
		if !slices.ContainsFunc(r.result.Server.Refused, func(text string) bool { return strings.HasPrefix(strings.ToLower(text), word) }) {
			t.Errorf("without %s nothing is said to be lost: %q", right, r.result.Server.Refused)
		}
	}
}
