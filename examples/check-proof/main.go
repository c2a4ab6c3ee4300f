// Checks what Syncline says of its log with an implementation of the tree and of signed notes that is not Syncline's:
// golang.org/x/mod/sumdb, by which Go checks its own module database.
//
//	syncline log proof 812 -o json | go run . inclusion KEY
//	go run . consistency KEY < both.json
package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	Note string `json:"note"`
}

type inclusion struct {
	Sequence     int64      `json:"sequence"`
	Subject      string     `json:"subject"`
	RecordedAtNs string     `json:"recordedAtNs"`
	Bytes        string     `json:"bytes"`
	Path         []string   `json:"path"`
	Checkpoint   checkpoint `json:"checkpoint"`
}

type consistency struct {
	From checkpoint `json:"from"`
	To   checkpoint `json:"to"`
	Path []string   `json:"path"`
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "wrong:", err)
	os.Exit(1)
}

func hashes(texts []string) []tlog.Hash {
	var found []tlog.Hash
	for _, text := range texts {
		var hash tlog.Hash
		bytes, err := hex.DecodeString(text)
		if err != nil || copy(hash[:], bytes) != tlog.HashSize {
			fail(fmt.Errorf("%q is no hash", text))
		}
		found = append(found, hash)
	}
	return found
}

// opened gives size and root of a checkpoint that the key has signed.
func opened(text string, key string) (int64, tlog.Hash) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		fail(err)
	}
	signed, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		fail(err)
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		fail(fmt.Errorf("the note is no checkpoint of %s", verifier.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail(err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail(err)
	}
	return size, root
}

func checkInclusion(key string) {
	var one inclusion
	if err := json.NewDecoder(os.Stdin).Decode(&one); err != nil {
		fail(err)
	}
	stored, err := base64.StdEncoding.DecodeString(one.Bytes)
	if err != nil {
		fail(err)
	}
	size, root := opened(one.Checkpoint.Note, key)
	leaf := tlog.RecordHash(append([]byte(one.Subject+"\n"+one.RecordedAtNs+"\n"), stored...))
	if err := tlog.CheckRecord(hashes(one.Path), size, root, one.Sequence-1, leaf); err != nil {
		fail(err)
	}
	fmt.Printf("message %d is in the log of %d messages that was signed\n", one.Sequence, size)
}

func checkConsistency(key string) {
	var two consistency
	if err := json.NewDecoder(os.Stdin).Decode(&two); err != nil {
		fail(err)
	}
	small, before := opened(two.From.Note, key)
	size, root := opened(two.To.Note, key)
	if err := tlog.CheckTree(hashes(two.Path), size, root, small, before); err != nil {
		fail(err)
	}
	fmt.Printf("the log of %d messages begins with that of %d\n", size, small)
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "inclusion" {
		checkInclusion(os.Args[2])
	} else if len(os.Args) == 3 && os.Args[1] == "consistency" {
		checkConsistency(os.Args[2])
	} else {
		fail(fmt.Errorf("usage: check-proof inclusion|consistency KEY"))
	}
}
