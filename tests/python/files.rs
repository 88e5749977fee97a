//! Files as scripts find them: permissions, empty names, locks and maps.

use crate::{printed, run, skill, text};

#[test]
fn access_is_asked_of_the_folder_and_of_the_link_that_is_meant() {
    let script = "import os\nos.makedirs('/tmp/d')\n\
                  for name, mode in (('/tmp/d/run', 0o755), ('/tmp/d/plain', 0o644), ('/tmp/plain', 0o755)):\n    \
                  open(name, 'w').close(); os.chmod(name, mode)\n\
                  folder = os.open('/tmp/d', os.O_RDONLY)\n\
                  print([os.access(name, os.X_OK, dir_fd=folder) for name in ('run', 'plain', 'none')], \
                  os.access('plain', os.W_OK, dir_fd=folder), os.access('/tmp/plain', os.X_OK, dir_fd=folder))\n\
                  print([os.access(name, os.X_OK, follow_symlinks=False) for name in ('/tmp/d/run', '/tmp/d/plain')])\n\
                  here = os.open('/skill/scripts', os.O_RDONLY)\n\
                  print(os.access('tried.py', os.R_OK, dir_fd=here), os.access('tried.py', os.W_OK, dir_fd=here))";
    assert_eq!(printed(script), "[True, False, False] True True\n[True, False]\nTrue False\n");
}

#[test]
fn access_to_a_link_is_access_to_what_it_leads_to_unless_it_is_the_link_that_is_meant() {
    let script = "import os\nprint(os.access('link', os.X_OK), os.access('link', os.X_OK, follow_symlinks=False), \
                  os.access('link', os.F_OK))";
    let stage = skill(script, "Read(**)").file("plain", "1").ready();
    std::os::unix::fs::symlink("plain", stage.workspace.join("link")).unwrap();
    assert_eq!(text(&run(&stage).unwrap().stdout), "False True True\n");
}

#[test]
fn what_is_made_with_permissions_has_them_until_it_is_gone() {
    let script = "import os, stat, tempfile\nos.chdir('/tmp')\nmode = lambda name: oct(os.stat(name).st_mode & 0o7777)\n\
                  made = lambda name, mode: os.close(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode))\n\
                  made('a', 0o600)\nprint(mode('a'))\nmade('a', 0o644)\nmade('b', 0o666)\nmade('c', 0o777)\n\
                  print(mode('a'), mode('b'), mode('c'))\nos.replace('a', 'b')\nprint(mode('b'))\n\
                  os.remove('b')\nopen('d', 'w').close()\nprint(mode('d'))\nos.mkdir('e', 0o700)\nos.mkdir('f')\n\
                  print(mode('e'), mode('f'), oct(os.umask(0o077)))\nos.mkdir('g')\nprint(mode('g'), oct(os.umask(0o022)))\n\
                  with tempfile.NamedTemporaryFile() as file:\n    print(mode(file.name))\n\
                  open('d', 'w').write('x' * 5000)\nprint(os.stat('d').st_blocks, os.stat('d').st_blksize)";
    assert_eq!(
        printed(script),
        "0o600\n0o600 0o644 0o755\n0o600\n0o644\n0o700 0o755 0o22\n0o700 0o77\n0o600\n16 4096\n"
    );
}

#[test]
fn an_empty_name_is_no_file() {
    let script = "import os, pathlib\nfor ask in (open, os.stat, os.lstat, os.listdir, os.scandir, os.mkdir, os.chdir, os.remove):\n    \
                  try:\n        ask('')\n        print(ask)\n    except FileNotFoundError as error:\n        print(error.errno, end=' ')\n\
                  print(os.path.exists(''), os.path.isdir(''), os.access('', os.F_OK), pathlib.Path('').exists())";
    assert_eq!(printed(script), "2 2 2 2 2 2 2 2 False False False True\n");
}

#[test]
fn a_lock_keeps_out_what_else_opens_the_file_in_this_program() {
    let script = "import fcntl, os\none, other = open('/tmp/l', 'w'), open('/tmp/l')\n\
                  fcntl.flock(one, fcntl.LOCK_EX)\n\
                  try:\n    fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)\nexcept BlockingIOError as error:\n    print(error)\n\
                  try:\n    fcntl.flock(other, fcntl.LOCK_SH)\nexcept OSError as error:\n    print(error.errno)\n\
                  fcntl.flock(one, fcntl.LOCK_SH)\nfcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)\none.close()\n\
                  fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)\nfcntl.flock(other, fcntl.LOCK_UN)\n\
                  fcntl.lockf(open('/tmp/l', 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)\n\
                  try:\n    fcntl.flock(99, fcntl.LOCK_EX)\nexcept OSError as error:\n    print(error)";
    assert_eq!(
        printed(script),
        "[Errno 11] Resource temporarily unavailable\n35\n[Errno 9] Bad file descriptor\n"
    );
}

#[test]
fn a_mapped_file_is_read_searched_and_written() {
    let script = "import mmap, re\nopen('/tmp/f', 'w').write('one\\ntwo\\nERROR 3\\n')\n\
                  with open('/tmp/f', 'r+b') as file, mmap.mmap(file.fileno(), 0) as map:\n    \
                  print(list(iter(map.readline, b'')), map[0], map[-2:], map.find(b'two', 0), len(map))\n    \
                  map[:3] = b'ONE'; map[4] = ord('T'); map.seek(8); map.write(b'Error')\n    \
                  try:\n        map[:2] = b'x'\n    except IndexError as error:\n        print(error)\n\
                  print(open('/tmp/f').read().split())\n\
                  with open('/tmp/f', 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as map:\n    \
                  print(re.search(rb'Error (\\d)', map)[1])\n    \
                  try:\n        map[0] = 1\n    except TypeError as error:\n        print(error)\n\
                  try:\n    map.read(1)\nexcept ValueError as error:\n    print(error)\n\
                  with open('/tmp/f', 'r+b') as file:\n    mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)[0] = 90\n    \
                  try:\n        mmap.mmap(file.fileno(), 999)\n    except ValueError as error:\n        print(error)\n\
                  print(open('/tmp/f').read(3))";
    assert_eq!(
        printed(script),
        "[b'one\\n', b'two\\n', b'ERROR 3\\n'] 111 b'3\\n' 4 16\nmmap slice assignment is wrong size\n\
         ['ONE', 'Two', 'Error', '3']\nb'3'\nmmap can't modify a readonly memory map.\nmmap closed or invalid\n\
         mmap length is greater than file size\nONE\n"
    );
}

#[test]
fn a_map_writes_no_more_than_its_script_may() {
    let script = "import mmap\nwith open('data', 'rb') as file:\n    map = mmap.mmap(file.fileno(), 0)\n    \
                  print(map[:1])\n    try:\n        map[0] = 90\n    except OSError as error:\n        print(error.errno)";
    let stage = skill(script, "Read(data)").file("data", "kept").ready();
    let result = run(&stage).unwrap();
    assert_eq!(text(&result.stdout).lines().next(), Some("b'k'"));
    assert_eq!(std::fs::read_to_string(stage.workspace.join("data")).unwrap(), "kept");
}
