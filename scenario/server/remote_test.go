package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A remote is a real Redis that the package did not start for itself: with a
// password, users, TLS and a socket.
type remote struct {
	plain, tls, socket string
	ca, cert, key      string // PEM files
}

// startRemote starts one; clients says whether it wants their certificates.
func startRemote(t *testing.T, clients string) remote {
	t.Helper()
	needRedis(t)
	dir, err := os.MkdirTemp("", "r") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := remote{socket: filepath.Join(dir, "s")}
	r.ca, r.cert, r.key = writeCertificates(t, dir)
	plain, tls := reserved(t), reserved(t)
	r.plain, r.tls = loopback(plain), loopback(tls)
	path, _ := exec.LookPath("redis-server")
	p, err := run(path, dir, fmt.Sprintf(`bind 127.0.0.1
port %d
tls-port %d
tls-ca-cert-file ca.pem
tls-cert-file cert.pem
tls-key-file key.pem
tls-auth-clients %s
unixsocket s
save ""
requirepass %s
user buyer on >%s ~* +@all
user shy on >%s ~* +get
`, plain, tls, clients, password, password, password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	for range 500 {
		if c, err := net.Dial("unix", r.socket); err == nil {
			c.Close()
			return r
		}
		time.Sleep(10 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(dir, logFile))
	t.Fatalf("the server does not start: %s", log)
	return r
}

// reserved is a free port, the test's until its end.
func reserved(t *testing.T) int {
	t.Helper()
	r, err := reserve(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.release)
	return r.port
}

// writeCertificates makes an authority and a certificate for 127.0.0.1.
func writeCertificates(t *testing.T, dir string) (ca, cert, key string) {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	caKey, leafKey := newKey(t), newKey(t)
	ca, cert, key = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePEM(t, ca, "CERTIFICATE")(x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey))
	writePEM(t, cert, "CERTIFICATE")(x509.CreateCertificate(rand.Reader, leaf, authority, leafKey.Public(), caKey))
	writePEM(t, key, "PRIVATE KEY")(x509.MarshalPKCS8PrivateKey(leafKey))
	return ca, cert, key
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t *testing.T, path, kind string) func(der []byte, err error) {
	return func(der []byte, err error) {
		if err == nil {
			err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
