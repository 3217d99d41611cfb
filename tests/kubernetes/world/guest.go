package main

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// guest is a simulated machine; it behaves as the simulated guests of minivirt do, told by the name of its image.
type guest struct {
	uid, namespace, name string
	behaviour            string
	number               int
	// A loopback address of its own, which virt-api forwards ports to.
	address string
	paused  bool
	booted  time.Time
	// When it is off, once somebody pressed the power button.
	off time.Time
	// The phase it ends with.
	end string
	// Closed when it ends.
	gone   chan struct{}
	pages  []net.Listener
	serial chan struct{}
	vnc    chan struct{}
}

// behaviourOf an image is the last word of its name: missing, crash, poweroff, stubborn; anything else is good.
func behaviourOf(image string) string {
	name := image[strings.LastIndex(image, "/")+1:]
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	return name[strings.LastIndex(name, "-")+1:]
}

// guest of an instance, made when it is first asked for.
func (n *node) guest(vmi object) *guest {
	n.lock.Lock()
	defer n.lock.Unlock()
	uid := text(vmi, "metadata", "uid")
	if known := n.guests[uid]; known != nil {
		return known
	}
	n.count++
	made := &guest{
		uid: uid, namespace: text(vmi, "metadata", "namespace"), name: text(vmi, "metadata", "name"),
		number: n.count, address: fmt.Sprintf("127.66.%d.%d", n.count/250%250, n.count%250+1),
		booted: time.Now(), gone: make(chan struct{}),
	}
	for _, volume := range array(vmi, "spec", "volumes") {
		if image := text(volume, "containerDisk", "image"); image != "" {
			made.behaviour = behaviourOf(image)
		}
	}
	switch made.behaviour {
	case "crash":
		made.end = "Failed"
	case "poweroff":
		made.off = made.booted.Add(50 * time.Millisecond)
	}
	made.servePages()
	n.guests[uid] = made
	return made
}

// find the guest that runs under that name.
func (n *node) find(namespace, name string) *guest {
	n.lock.Lock()
	defer n.lock.Unlock()
	for _, guest := range n.guests {
		if guest.namespace == namespace && guest.name == name && guest.end == "" {
			return guest
		}
	}
	return nil
}

// over is how the guest of an instance ended, or nothing while it runs.
func (n *node) over(uid string) string {
	n.lock.Lock()
	defer n.lock.Unlock()
	if guest := n.guests[uid]; guest != nil && isClosed(guest.gone) {
		return guest.end
	}
	return ""
}

// forget the guests whose instances are no more.
func (n *node) forget(seen map[string]bool) {
	n.lock.Lock()
	defer n.lock.Unlock()
	for uid, guest := range n.guests {
		if !seen[uid] {
			guest.close()
			delete(n.guests, uid)
		}
	}
}

// pressPowerButton turns a guest off that listens to it; one that does not is killed when its time is over.
func (g *guest) pressPowerButton(grace time.Duration) {
	if !g.off.IsZero() {
		return
	}
	g.off = time.Now()
	if grace > 0 && (g.behaviour == "stubborn" || g.paused) {
		g.off = g.off.Add(grace)
	}
}

func (g *guest) ended() string {
	if g.end == "" && !g.off.IsZero() && time.Now().After(g.off) {
		g.end = "Succeeded"
	}
	return g.end
}

// close ends its streams and pages.
func (g *guest) close() {
	if isClosed(g.gone) {
		return
	}
	close(g.gone)
	for _, page := range g.pages {
		_ = page.Close()
	}
}

func isClosed(channel chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// servePages answers any request on the ports of web servers. Where the low one may not be opened, only the other is.
func (g *guest) servePages() {
	for _, port := range []int{80, 8080} {
		listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", g.address, port))
		if err != nil {
			continue
		}
		g.pages = append(g.pages, listener)
		go func() {
			for {
				client, err := listener.Accept()
				if err != nil {
					return
				}
				go g.page(client)
			}
		}()
	}
}

func (g *guest) page(client net.Conn) {
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(time.Minute))
	if count, _ := client.Read(make([]byte, 4096)); count == 0 {
		return
	}
	page := fmt.Sprintf("%s\nsimulated guest in namespace %s\n", g.name, g.namespace)
	fmt.Fprintf(client, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		len(page), page)
}
