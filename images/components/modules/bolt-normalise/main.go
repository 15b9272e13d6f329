// bolt-normalise SOURCE TARGET EPOCH writes TARGET as a bolt database with SOURCE's content and the same bytes each time: keys in
// order, and containerd's `createdat` and `updatedat` set to EPOCH, in seconds since 1970. TARGET must not exist.
//
// A transaction that touches several buckets spills them in the random order of a Go map, and so lays its pages out differently
// from run to run. One transaction for each key leaves bolt no choice. Nothing is synced until the end: TARGET is written whole or
// is of no use.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
)

// record is a key with its value, or, with a nil key, a bucket with its sequence number.
type record struct {
	bucket     [][]byte
	key, value []byte
	sequence   uint64
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: bolt-normalise SOURCE TARGET EPOCH")
		os.Exit(2)
	}
	if err := normalise(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "bolt-normalise:", err)
		os.Exit(1)
	}
}

func normalise(source, target, epoch string) error {
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("epoch: %w", err)
	}
	stamp, err := time.Unix(seconds, 0).UTC().MarshalBinary()
	if err != nil {
		return err
	}
	records, err := readAll(source)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	if _, err := os.Lstat(target); err == nil {
		return fmt.Errorf("%s: exists already", target)
	}
	if err := writeAll(target, records, stamp); err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	return nil
}

func readAll(path string) ([]record, error) {
	database, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: 5 * time.Second})
	if err != nil {
		return nil, err
	}
	defer database.Close()
	var records []record
	err = database.View(func(transaction *bolt.Tx) error {
		return transaction.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			return collect(&records, [][]byte{clone(name)}, bucket)
		})
	})
	return records, err
}

func collect(records *[]record, path [][]byte, bucket *bolt.Bucket) error {
	*records = append(*records, record{bucket: path, sequence: bucket.Sequence()})
	return bucket.ForEach(func(key, value []byte) error {
		if value != nil {
			*records = append(*records, record{bucket: path, key: clone(key), value: clone(value)})
			return nil
		}
		inner := append(append([][]byte{}, path...), clone(key))
		return collect(records, inner, bucket.Bucket(key))
	})
}

// clone copies bytes that bolt maps from the file, since they are gone once the transaction ends. Never nil.
func clone(bytes []byte) []byte { return append([]byte{}, bytes...) }

func writeAll(path string, records []record, stamp []byte) error {
	database, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, FreelistType: bolt.FreelistArrayType})
	if err != nil {
		return err
	}
	for _, entry := range records {
		if err := database.Update(func(transaction *bolt.Tx) error { return put(transaction, entry, stamp) }); err != nil {
			database.Close()
			return err
		}
	}
	if err := database.Sync(); err != nil {
		database.Close()
		return err
	}
	return database.Close()
}

func put(transaction *bolt.Tx, entry record, stamp []byte) error {
	bucket, err := transaction.CreateBucketIfNotExists(entry.bucket[0])
	for _, name := range entry.bucket[1:] {
		if err != nil {
			return err
		}
		bucket, err = bucket.CreateBucketIfNotExists(name)
	}
	if err != nil {
		return err
	}
	if entry.key == nil {
		return bucket.SetSequence(entry.sequence)
	}
	if name := string(entry.key); name == "createdat" || name == "updatedat" {
		return bucket.Put(entry.key, stamp)
	}
	return bucket.Put(entry.key, entry.value)
}
