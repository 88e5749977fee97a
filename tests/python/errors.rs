//! Errors have the numbers, texts and classes that they have on Linux.

use crate::{printed, run, skill, text};

#[test]
fn errors_of_the_system_have_linuxs_numbers_and_texts() {
    let script = "import errno, os, pathlib, shutil, sys, tarfile\nos.chdir('/tmp')\nos.mkdir('d'); open('f', 'w').close()\n\
                  os.mkdir('full'); open('full/x', 'w').close()\n\
                  for what in (lambda: open('no'), lambda: os.stat('no'), lambda: os.mkdir('d'), lambda: open('d', 'w'),\n    \
                  lambda: os.listdir('f'), lambda: os.rmdir('full'), lambda: open('f/x'), lambda: os.remove('no'),\n    \
                  lambda: pathlib.Path('no').read_text(), lambda: shutil.copy('no', 'x'), lambda: tarfile.open('no'),\n    \
                  lambda: os.read(99, 1), lambda: os.rename('no', 'x'), lambda: os.scandir('no')):\n    \
                  try:\n        what()\n    except OSError as e:\n        \
                  print(type(e).__name__, e.errno == getattr(errno, errno.errorcode[e.errno]), e, e.args[0] == e.errno)";
    let expected = "FileNotFoundError True [Errno 2] No such file or directory: 'no' True\n\
                    FileNotFoundError True [Errno 2] No such file or directory: 'no' True\n\
                    FileExistsError True [Errno 17] File exists: 'd' True\n\
                    IsADirectoryError True [Errno 21] Is a directory: 'd' True\n\
                    NotADirectoryError True [Errno 20] Not a directory: 'f' True\n\
                    OSError True [Errno 39] Directory not empty: 'full' True\n\
                    NotADirectoryError True [Errno 20] Not a directory: 'f/x' True\n\
                    FileNotFoundError True [Errno 2] No such file or directory: 'no' True\n\
                    FileNotFoundError True [Errno 2] No such file or directory: 'no' True\n\
                    FileNotFoundError True [Errno 2] No such file or directory: 'no' True\n\
                    FileNotFoundError True [Errno 2] No such file or directory: 'no' True\n\
                    OSError True [Errno 9] Bad file descriptor True\n\
                    FileNotFoundError True [Errno 2] No such file or directory: 'no' -> 'x' True\n\
                    FileNotFoundError True [Errno 2] No such file or directory: 'no' True\n";
    assert_eq!(printed(script), expected);
}

#[test]
fn a_refusal_is_a_permission_error_with_linuxs_number() {
    let script = "import errno, os\nfor what in (open, os.stat, os.listdir):\n    try:\n        what('/etc/passwd')\n    \
                  except PermissionError as e:\n        print(e, e.errno == errno.EACCES)";
    let result = run(&skill(script, "").ready()).unwrap();
    assert_eq!(text(&result.stdout), "[Errno 13] Permission denied: '/etc/passwd' True\n".repeat(3));
    assert!(!result.audit.refusals.is_empty());
}

#[test]
fn numbers_and_texts_are_linuxs_and_errors_made_of_them_have_their_class() {
    let script = "import errno, os\nprint(errno.ENOENT, errno.EACCES, errno.errorcode[13], os.strerror(2), os.strerror(98))\n\
                  for n in (errno.EACCES, errno.EEXIST, errno.EISDIR, errno.EPERM, errno.EINVAL, errno.EFBIG):\n    \
                  print(type(OSError(n, 'x')).__name__)\n\
                  e = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), 'f'); print(e)";
    let expected = "2 13 EACCES No such file or directory Address already in use\nPermissionError\nFileExistsError\n\
                    IsADirectoryError\nPermissionError\nOSError\nOSError\n[Errno 2] No such file or directory: 'f'\n";
    assert_eq!(printed(script), expected);
}

#[test]
fn what_a_script_prints_of_a_traceback_has_its_own_frames_alone() {
    let script =
        "import traceback\ntry:\n    open('/tmp/no')\nexcept OSError:\n    print(traceback.format_exc())";
    let printed = printed(script);
    assert_eq!(printed.matches("File ").count(), 1, "{printed}");
    assert!(printed.contains("FileNotFoundError: [Errno 2]"), "{printed}");
}
