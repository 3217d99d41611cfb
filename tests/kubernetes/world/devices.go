package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"strings"
)

const (
	width  = 320
	height = 200
)

// shell serves a serial line with a login and a few commands; it says with which phase the guest is to end, if any.
func (g *guest) shell(line net.Conn) string {
	user := ""
	prompt := func() string {
		if user == "" {
			return g.name + " login: "
		}
		return user + "@" + g.name + ":~$ "
	}
	fmt.Fprintf(line, "\r\nSimulated guest %s/%s.\r\n\r\n%s", g.namespace, g.name, prompt())
	var typed []byte
	buffer := make([]byte, 256)
	for {
		count, err := line.Read(buffer)
		if err != nil {
			return ""
		}
		for _, key := range buffer[:count] {
			if key != '\r' && key != '\n' {
				typed = append(typed, key)
				_, _ = line.Write([]byte{key})
				continue
			}
			command, rest, _ := strings.Cut(strings.TrimSpace(string(typed)), " ")
			typed = nil
			answer := ""
			switch {
			case user == "":
				user = command
			case command == "echo":
				answer = rest + "\r\n"
			case command == "hostname":
				answer = g.name + "\r\n"
			case command == "exit":
				user = ""
			case command == "poweroff":
				return "Succeeded"
			case command == "crash":
				return "Failed"
			}
			if _, err := io.WriteString(line, "\r\n"+answer+prompt()); err != nil {
				return ""
			}
		}
	}
}

// The points as RFB 3.8 has them: 32 bits, little endian, blue in the lowest byte.
var format = []byte{32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0}

// screen serves one still picture by RFC 6143: no security, raw encoding.
func (g *guest) screen(viewer net.Conn) {
	say := func(parts ...any) {
		var message bytes.Buffer
		for _, part := range parts {
			_ = binary.Write(&message, binary.BigEndian, part)
		}
		_, _ = viewer.Write(message.Bytes())
	}
	skip := func(count int) error {
		_, err := io.CopyN(io.Discard, viewer, int64(count))
		return err
	}
	say([]byte("RFB 003.008\n"))
	if skip(12) != nil {
		return
	}
	say([]byte{1, 1})
	if skip(1) != nil {
		return
	}
	say(uint32(0))
	if skip(1) != nil {
		return
	}
	name := []byte(g.namespace + "/" + g.name)
	say(uint16(width), uint16(height), format, uint32(len(name)), name)
	// What follows the type of each message of a viewer.
	lengths := map[byte]int{0: 19, 2: 3, 3: 9, 4: 7, 5: 5, 6: 7}
	for {
		kind := make([]byte, 1)
		if _, err := io.ReadFull(viewer, kind); err != nil {
			return
		}
		length, known := lengths[kind[0]]
		body := make([]byte, length)
		if _, err := io.ReadFull(viewer, body); err != nil || !known {
			return
		}
		switch kind[0] {
		case 2:
			_ = skip(4 * int(binary.BigEndian.Uint16(body[1:])))
		case 6:
			_ = skip(int(binary.BigEndian.Uint32(body[3:])))
		case 3:
			// The picture never changes, so a request for changes waits for ever.
			if body[0] == 0 {
				say([]byte{0, 0}, uint16(1), uint16(0), uint16(0), uint16(width), uint16(height), int32(0),
					make([]byte, 4*width*height))
			}
		}
	}
}

// picture is the screen as a PNG.
func picture() []byte {
	var written bytes.Buffer
	_ = png.Encode(&written, image.NewGray(image.Rect(0, 0, width, height)))
	return written.Bytes()
}
