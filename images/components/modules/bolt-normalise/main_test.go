package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// makeDatabase writes the same content in a given order, with the current time where containerd would have it.
func makeDatabase(t *testing.T, path string, names []string) {
	t.Helper()
	database, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	now, _ := time.Now().MarshalBinary()
	err = database.Update(func(transaction *bolt.Tx) error {
		for _, name := range names {
			outer, err := transaction.CreateBucketIfNotExists([]byte(name))
			if err != nil {
				return err
			}
			inner, err := outer.CreateBucketIfNotExists([]byte("inner"))
			if err != nil {
				return err
			}
			for _, key := range []string{"createdat", "updatedat"} {
				if err := inner.Put([]byte(key), now); err != nil {
					return err
				}
			}
			if err := inner.Put([]byte("empty"), nil); err != nil {
				return err
			}
			if err := inner.SetSequence(7); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSameContentGivesSameBytes(t *testing.T) {
	folder := t.TempDir()
	var results [][]byte
	for run, names := range [][]string{{"a", "b", "c", "d"}, {"d", "c", "b", "a"}} {
		source := filepath.Join(folder, "source"+string(rune('0'+run)))
		target := filepath.Join(folder, "target"+string(rune('0'+run)))
		makeDatabase(t, source, names)
		if err := normalise(source, target, "1700000000"); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(target)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, content)
	}
	if !bytes.Equal(results[0], results[1]) {
		t.Error("the same content was written as other bytes")
	}
}

func TestContentIsKept(t *testing.T) {
	folder := t.TempDir()
	source, target := filepath.Join(folder, "source"), filepath.Join(folder, "target")
	makeDatabase(t, source, []string{"a"})
	if err := normalise(source, target, "1700000000"); err != nil {
		t.Fatal(err)
	}
	records, err := readAll(target)
	if err != nil {
		t.Fatal(err)
	}
	stamp, _ := time.Unix(1700000000, 0).UTC().MarshalBinary()
	wanted := []string{"", "", "createdat=" + string(stamp), "empty=", "updatedat=" + string(stamp)}
	if len(records) != len(wanted) {
		t.Fatalf("%d records, not %d", len(records), len(wanted))
	}
	for i, entry := range records {
		if got := string(entry.key) + "=" + string(entry.value); entry.key != nil && got != wanted[i] {
			t.Errorf("record %d is %q, not %q", i, got, wanted[i])
		}
	}
	if records[1].sequence != 7 {
		t.Errorf("the sequence is %d, not 7", records[1].sequence)
	}
}

func TestExistingTargetIsRefused(t *testing.T) {
	folder := t.TempDir()
	source := filepath.Join(folder, "source")
	makeDatabase(t, source, []string{"a"})
	if err := normalise(source, source, "0"); err == nil {
		t.Error("an existing file was overwritten")
	}
}
