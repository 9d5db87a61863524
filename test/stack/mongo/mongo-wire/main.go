// mongo-wire ADDRESS sqlite|postgresql URL: MongoDB's wire protocol by FerretDB, embedded.
//
// FerretDB looks for a document and changes it in two steps. MongoDB does both in one, and whoever moves a mark by compare-and-set relies on that; so
// commands that write pass here one after the other. What reads is one statement of the database behind, and passes freely.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

const writing = " insert update delete findAndModify create createIndexes drop dropDatabase "

var oneAtATime sync.Mutex

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config := &ferretdb.Config{
		Listener:      ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:        slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1})),
		Handler:       os.Args[2],
		SQLiteURL:     os.Args[3],
		PostgreSQLURL: os.Args[3],
	}
	server, err := ferretdb.New(config)
	if err != nil {
		log.Fatal(err)
	}
	front, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		behind := strings.TrimSuffix(strings.TrimPrefix(server.MongoDBURI(), "mongodb://"), "/")
		log.Println("mongo-wire is ready")
		for {
			client, err := front.Accept()
			if err != nil {
				return
			}
			go pass(client, behind)
		}
	}()
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

// pass hands each request on and its answer back, until one side ends.
func pass(client net.Conn, behind string) {
	defer client.Close()
	server, err := net.Dial("tcp", behind)
	if err != nil {
		return
	}
	defer server.Close()
	for {
		request, err := message(client)
		if err != nil {
			return
		}
		answer, err := ask(server, request)
		if err != nil {
			return
		}
		if _, err := client.Write(answer); err != nil {
			return
		}
	}
}

func ask(server net.Conn, request []byte) ([]byte, error) {
	if strings.Contains(writing, " "+command(request)+" ") {
		oneAtATime.Lock()
		defer oneAtATime.Unlock()
	}
	if _, err := server.Write(request); err != nil {
		return nil, err
	}
	return message(server)
}

// message is one of the wire protocol: its length, a header, and what it says.
func message(from net.Conn) ([]byte, error) {
	length := make([]byte, 4)
	if _, err := io.ReadFull(from, length); err != nil {
		return nil, err
	}
	whole := make([]byte, binary.LittleEndian.Uint32(length))
	copy(whole, length)
	_, err := io.ReadFull(from, whole[4:])
	return whole, err
}

// command is the name of the first member of an OP_MSG's document, which is that of the command; empty for other messages.
func command(request []byte) string {
	const opMsg, name = 2013, 16 + 4 + 1 + 4 + 1
	if len(request) < name || binary.LittleEndian.Uint32(request[12:]) != opMsg {
		return ""
	}
	text, _, _ := bytes.Cut(request[name:], []byte{0})
	return string(text)
}
