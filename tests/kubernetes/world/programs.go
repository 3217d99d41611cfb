package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// programs are the child processes. The kernel kills them when this program dies, however that happens.
type programs struct {
	logs    string
	running []*exec.Cmd
	deaths  chan string
	// Set once they are about to be killed: what fails from then on is nobody's fault.
	closing atomic.Bool
}

func (p *programs) died() <-chan string { return p.deaths }

// start runs a program with its output in a log of its name.
func (p *programs) start(path string, arguments ...string) error {
	if p.deaths == nil {
		p.deaths = make(chan string, 16)
	}
	if err := os.MkdirAll(p.logs, 0o700); err != nil {
		return err
	}
	name := filepath.Base(path)
	log, err := os.Create(filepath.Join(p.logs, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(path, arguments...)
	command.Stdout, command.Stderr = log, log
	command.Dir = filepath.Dir(p.logs)
	command.Env = append(os.Environ(), "TMPDIR="+filepath.Dir(p.logs))
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := command.Start(); err != nil {
		return err
	}
	p.running = append(p.running, command)
	go func() {
		_ = command.Wait()
		p.deaths <- name
	}()
	return nil
}

// kill ends all of them at once: nothing here is worth an orderly end.
func (p *programs) kill() {
	p.closing.Store(true)
	for _, command := range p.running {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	for range p.running {
		select {
		case <-p.deaths:
		case <-time.After(5 * time.Second):
			return
		}
	}
}

// tail is the end of a program's log.
func (p *programs) tail(name string) string {
	text, _ := os.ReadFile(filepath.Join(p.logs, name+".log"))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// until polls what may fail at first. A program that ends meanwhile ends the wait.
func (p *programs) until(what string, ready func() error) error {
	deadline := time.Now().Add(2 * time.Minute)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case name := <-p.deaths:
			p.deaths <- name
			return fmt.Errorf("waiting for %s: %s ended:\n%s", what, name, p.tail(name))
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain for %s: %w", what, err)
		}
	}
}

// freePorts are ports that nothing listens on now, each another one.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
