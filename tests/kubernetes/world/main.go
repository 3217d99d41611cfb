// Command world runs a command against a real Kubernetes API server with KubeVirt's own control plane.
//
//	world --control-plane DIR --kubevirt DIR [--] COMMAND [ARGUMENT]...
//
// etcd, kube-apiserver, kube-controller-manager, virt-api and virt-controller are plain processes on loopback ports
// with certificates of their own; this program plays what a real node adds: scheduler, kubelet, virt-handler, guests
// and storage. The command finds the cluster by SHEPHERD_TEST_KUBERNETES, a directory with an administrator's
// kubeconfig in it. When it ends, or anything fails, or this program is killed, all of it is gone.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

func init() {
	// The kernel ends a child when the thread that started it ends, so all are started by this one, which stays.
	runtime.LockOSThread()
}

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "world:", err)
	}
	os.Exit(code)
}

func run() (int, error) {
	controlPlane := flag.String("control-plane", "", "directory with etcd, kube-apiserver, kube-controller-manager")
	kubevirt := flag.String("kubevirt", "", "directory with virt-api, virt-controller and manifests.json")
	keep := flag.String("logs", "", "directory that gets the logs of all programs when something fails")
	flag.Parse()
	if flag.NArg() == 0 || *controlPlane == "" || *kubevirt == "" {
		flag.Usage()
		return 2, nil
	}
	dir, err := os.MkdirTemp("", "shepherd-world-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)

	programs := &programs{logs: filepath.Join(dir, "logs")}
	// Before the directory goes, which they write to.
	defer programs.kill()
	save := func() {
		if *keep != "" {
			_ = os.RemoveAll(*keep)
			_ = os.CopyFS(*keep, os.DirFS(programs.logs))
		}
	}
	begun := time.Now()
	world := &world{dir: dir, controlPlane: *controlPlane, kubevirt: *kubevirt, programs: programs}
	if err := world.start(); err != nil {
		save()
		return 1, err
	}
	fmt.Fprintf(os.Stderr, "world: up in %.1f s\n", time.Since(begun).Seconds())

	command := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), "SHEPHERD_TEST_KUBERNETES="+dir)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return 1, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err = <-ended:
	case <-stopped:
		_ = command.Process.Signal(syscall.SIGTERM)
		return 130, errors.New("interrupted")
	case name := <-programs.died():
		_ = command.Process.Kill()
		save()
		return 1, fmt.Errorf("%s ended by itself: %s", name, programs.tail(name))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		save()
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
