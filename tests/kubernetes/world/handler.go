package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// serve answers what virt-api asks of virt-handler: mutual TLS, and nobody else gets in.
func (n *node) serve(w *world) error {
	certificate, err := tls.LoadX509KeyPair(w.path("handler-server.crt"), w.path("handler-server.key"))
	if err != nil {
		return err
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(w.ca)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	n.port = listener.Addr().(*net.TCPAddr).Port
	const instance = "/v1/namespaces/{namespace}/virtualmachineinstances/{name}/"
	routes := http.NewServeMux()
	route := func(pattern string, answer func(http.ResponseWriter, *http.Request, *guest)) {
		routes.HandleFunc(pattern, func(to http.ResponseWriter, request *http.Request) {
			guest := n.find(request.PathValue("namespace"), request.PathValue("name"))
			if guest == nil {
				http.Error(to, "VMI does not exist", http.StatusNotFound)
				return
			}
			answer(to, request, guest)
		})
	}
	done := func(to http.ResponseWriter, _ *http.Request, _ *guest) { to.WriteHeader(http.StatusAccepted) }
	for _, verb := range []string{"softreboot", "reset", "freeze", "unfreeze"} {
		route("PUT "+instance+verb, done)
	}
	route("PUT "+instance+"pause", func(to http.ResponseWriter, _ *http.Request, g *guest) { n.pause(to, g, true) })
	route("PUT "+instance+"unpause", func(to http.ResponseWriter, _ *http.Request, g *guest) { n.pause(to, g, false) })
	route("GET "+instance+"console", n.console)
	route("GET "+instance+"vnc", n.vnc)
	route("GET "+instance+"vnc/screenshot", func(to http.ResponseWriter, _ *http.Request, _ *guest) {
		to.Header().Set("Content-Type", "image/png")
		_, _ = to.Write(picture())
	})
	server := &http.Server{
		Handler: routes, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{certificate}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert,
		},
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return nil
}

// pause changes what the instance reports before it answers, so that whoever asks next sees it.
func (n *node) pause(to http.ResponseWriter, g *guest, paused bool) {
	g.paused = paused
	for range 20 {
		all, err := n.handler.items(vmis + "/namespaces/" + g.namespace + "/virtualmachineinstances?fieldSelector=metadata.name%3D" + g.name)
		if err != nil || len(all) == 0 {
			break
		}
		if paused {
			setCondition(all[0], "Paused", "True", "PausedByUser", "VMI was paused by user")
		} else {
			removeCondition(all[0], "Paused")
		}
		if err = n.write(all[0]); err == nil {
			to.WriteHeader(http.StatusAccepted)
			return
		}
		if !is(err, 409) {
			break
		}
	}
	http.Error(to, "the instance could not be written", http.StatusInternalServerError)
}

// console is the serial line. A new viewer ends the old one.
func (n *node) console(to http.ResponseWriter, request *http.Request, g *guest) {
	line, taken := n.take(to, request, &g.serial)
	if line == nil {
		return
	}
	defer line.Close()
	end := g.shell(line)
	if end != "" {
		n.lock.Lock()
		g.end = end
		n.lock.Unlock()
	}
	n.give(taken, &g.serial)
}

// vnc is the screen. A new viewer ends the old one, unless it asked not to.
func (n *node) vnc(to http.ResponseWriter, request *http.Request, g *guest) {
	n.lock.Lock()
	inUse := g.vnc != nil
	n.lock.Unlock()
	if inUse && request.URL.Query().Get("preserveSession") == "true" {
		http.Error(to, "Active VNC connection. Request denied.", http.StatusServiceUnavailable)
		return
	}
	screen, taken := n.take(to, request, &g.vnc)
	if screen == nil {
		return
	}
	defer screen.Close()
	g.screen(screen)
	n.give(taken, &g.vnc)
}

// take makes the caller the viewer: the one before and the guest's end both end its connection.
func (n *node) take(to http.ResponseWriter, request *http.Request, viewer *chan struct{}) (net.Conn, chan struct{}) {
	upgrade := websocket.Upgrader{
		Subprotocols: []string{"plain.kubevirt.io"}, CheckOrigin: func(*http.Request) bool { return true },
	}
	socket, err := upgrade.Upgrade(to, request, nil)
	if err != nil {
		return nil, nil
	}
	taken := make(chan struct{})
	n.lock.Lock()
	if *viewer != nil {
		close(*viewer)
	}
	*viewer = taken
	n.lock.Unlock()
	guest := n.find(request.PathValue("namespace"), request.PathValue("name"))
	if guest == nil {
		socket.Close()
		return nil, nil
	}
	stream := &stream{Conn: socket.NetConn(), socket: socket}
	go func() {
		select {
		case <-taken:
		case <-guest.gone:
		}
		_ = socket.WriteControl(websocket.CloseMessage,
			websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		_ = socket.Close()
	}()
	return stream, taken
}

// give lets go of what take took, unless somebody else has it by now.
func (n *node) give(taken chan struct{}, viewer *chan struct{}) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if *viewer == taken {
		close(taken)
		*viewer = nil
	}
}

// stream is a WebSocket as a connection: binary messages both ways.
type stream struct {
	net.Conn
	socket *websocket.Conn
	rest   io.Reader
}

func (s *stream) Read(to []byte) (int, error) {
	for {
		if s.rest == nil {
			_, reader, err := s.socket.NextReader()
			if err != nil {
				return 0, err
			}
			s.rest = reader
		}
		count, err := s.rest.Read(to)
		if err != nil {
			s.rest = nil
		}
		if count > 0 {
			return count, nil
		}
	}
}

func (s *stream) Write(from []byte) (int, error) {
	return len(from), s.socket.WriteMessage(websocket.BinaryMessage, from)
}

func (s *stream) Close() error { return s.socket.Close() }
