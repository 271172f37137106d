package database

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// copyFile makes dst, which must not exist, a copy of src with mode 0600. The copy shares
// the blocks of src if the file system can do that; otherwise the kernel copies them.
func copyFile(dst, src string) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if reflink(out, in) == nil {
		return nil
	}
	for {
		// os.File.ReadFrom, on Linux copy_file_range.
		n, err := io.CopyN(out, in, copyStep)
		if err != nil && err != io.EOF {
			return fmt.Errorf("copy to %s: %w", dst, err)
		}
		beginWriting(out)
		if n < copyStep {
			return nil
		}
	}
}

// copyStep is after how many bytes the disk begins to write what was copied, so that less
// is left to be written when the run waits for the disk in the end.
const copyStep = 32 << 20

// syncFile makes the contents of the file at path durable.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
