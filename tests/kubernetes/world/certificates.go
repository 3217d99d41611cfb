package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs certificates; what it signs is valid for this run only.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

var serial int64 = 1

func template(name string) *x509.Certificate {
	serial++
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := template(name)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{certificate, key, encode("CERTIFICATE", der)}, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// issue writes FILE.crt and FILE.key for a server or client of that name; server names make it a server's.
func (a *authority) issue(dir, file, name string, servers ...string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := template(name)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(servers) > 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		template.DNSNames = servers
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, file+".crt"), encode("CERTIFICATE", der), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, file+".key"), encode("PRIVATE KEY", keyDER), 0o600)
}

// certificates makes all that the programs need, and returns the authorities of Kubernetes and of KubeVirt.
func certificates(dir string) (cluster, kubevirt *authority, err error) {
	make := func(name string) *authority {
		made, failed := newAuthority(name)
		if failed != nil {
			err = failed
			return &authority{}
		}
		if failed := os.WriteFile(filepath.Join(dir, name+".crt"), made.pem, 0o600); failed != nil {
			err = failed
		}
		return made
	}
	cluster, kubevirt = make("cluster-ca"), make("kubevirt-ca")
	frontProxy := make("front-proxy-ca")
	if err != nil {
		return nil, nil, err
	}
	for _, issued := range []error{
		cluster.issue(dir, "apiserver", "kube-apiserver", "localhost"),
		cluster.issue(dir, "service-accounts", "service-accounts"),
		frontProxy.issue(dir, "front-proxy-client", "front-proxy-client"),
		// The aggregator checks the first name, the webhooks the address.
		kubevirt.issue(dir, "virt-api", "virt-api", "virt-api.kubevirt.svc"),
		kubevirt.issue(dir, "virt-controller", "virt-controller", "virt-controller"),
		kubevirt.issue(dir, "handler-client", "kubevirt.io:system:client:virt-handler"),
		// virt-api checks this common name exactly.
		kubevirt.issue(dir, "handler-server", "kubevirt.io:system:node:virt-handler", "virt-handler"),
	} {
		if issued != nil {
			return nil, nil, issued
		}
	}
	return cluster, kubevirt, nil
}
