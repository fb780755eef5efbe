use std::path::Path;

use super::*;
use crate::net::Bind;

fn parsed(line: &str) -> Result<Run, clap::Error> {
    parse(std::iter::once("stan").chain(line.split_whitespace()))
}

fn serve(line: &str) -> ServeArgs {
    match parsed(line) {
        Ok(Run::Serve(args)) => args,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn nothing_given_serves_the_current_folder_and_settles_nothing() {
    let site =
        SiteArgs { path: ".".into(), port: None, bind: None, config: None, uploads: None, no_upload: false, app: None };
    assert_eq!(serve(""), ServeArgs { site, plain: false, open: false, quiet: false, verbose: false });
}

#[test]
fn every_option() {
    let args = serve(". -p 8080 --bind local -c other.conf --plain --uploads /in --open -q");
    assert_eq!(args.site.path, Path::new("."));
    assert_eq!((args.site.port, args.site.bind), (Some(8080), Some(Bind::Local)));
    assert_eq!(args.site.config.as_deref(), Some(Path::new("other.conf")));
    assert_eq!(args.site.uploads.as_deref(), Some(Path::new("/in")));
    assert!(args.plain && args.open && args.quiet && !args.verbose);
    let args = serve("--port=0 --host 192.168.1.20 --config=x --no-upload -v");
    assert_eq!((args.site.port, args.site.bind), (Some(0), Some(Bind::Address([192, 168, 1, 20].into()))));
    assert!(args.site.no_upload && args.verbose && !args.quiet);
    assert_eq!(serve("--bind ::1").site.bind, Some(Bind::Address("::1".parse().unwrap())));
}

#[test]
fn the_last_of_a_kind_wins() {
    assert_eq!(serve("-p 1 --port 2").site.port, Some(2));
    assert!(serve("-q -v").verbose && !serve("-q -v").quiet);
    assert!(serve("-vv").verbose);
}

#[test]
fn the_other_ways_to_run() {
    let Ok(Run::Check(args)) = parsed("check . -c a.conf -p 80") else { panic!() };
    assert_eq!((args.site.config.as_deref(), args.site.port), (Some(Path::new("a.conf")), Some(80)));
    assert!(matches!(parsed("check"), Ok(Run::Check(args)) if args.site.path == Path::new(".")));
    assert_eq!(parsed("init").unwrap(), Run::Init(".".into()));
    assert_eq!(parsed("init new/site").unwrap(), Run::Init("new/site".into()));
    assert_eq!(parsed("man").unwrap(), Run::Man);
    for (name, shell) in [
        ("bash", Shell::Bash),
        ("zsh", Shell::Zsh),
        ("fish", Shell::Fish),
        ("powershell", Shell::PowerShell),
        ("elvish", Shell::Elvish),
    ] {
        assert_eq!(parsed(&format!("completions {name}")).unwrap(), Run::Completions(shell));
    }
}

#[test]
fn bad_usage_is_exit_code_2() {
    for line in [
        "--prot 80",
        "-p",
        "-p 65536",
        "-p -1",
        "-p eighty",
        "--bind nowhere",
        "--bind",
        "--uploads a --no-upload",
        ". .",
        "completions",
        "completions tcsh",
        "man page",
        "check . .",
        "check --plain",
        "no/such/folder",
        "check no/such/folder",
    ] {
        let error = parsed(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.use_stderr(), "{line}");
    }
}

#[test]
fn an_app_is_mounted_on_the_current_folder() {
    let Ok(Run::Serve(args)) = parsed("blog:create_app()") else { panic!("it is to be served") };
    assert_eq!(args.site.path, std::path::Path::new("."));
    assert_eq!(args.site.app, Some(crate::config::WsgiApp::Callable("blog:create_app()".into())));
}

#[test]
fn help_and_version_go_to_stdout_with_exit_code_0() {
    for (line, kind) in [
        ("-h", ErrorKind::DisplayHelp),
        ("--help", ErrorKind::DisplayHelp),
        ("check -h", ErrorKind::DisplayHelp),
        ("-V", ErrorKind::DisplayVersion),
        ("--version", ErrorKind::DisplayVersion),
    ] {
        let error = parsed(line).unwrap_err();
        assert_eq!((error.kind(), error.exit_code(), error.use_stderr()), (kind, 0, false), "{line}");
    }
    let version = parsed("-V").unwrap_err().to_string();
    assert_eq!(version.trim(), format!("stan {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_names_every_option_of_the_contract() {
    let help = parsed("--help").unwrap_err().to_string();
    for word in [
        "-p, --port",
        "--bind",
        "--host",
        "-c, --config",
        "--plain",
        "--uploads",
        "--no-upload",
        "--open",
        "-q, --quiet",
        "-v, --verbose",
        "-h, --help",
        "-V, --version",
        "check",
        "init",
        "hash",
        "completions",
        "man",
        "MODULE:CALLABLE",
        "FILE.py",
    ] {
        assert!(help.contains(word), "{word}:\n{help}");
    }
}

#[test]
fn the_definition_is_sound() {
    command().debug_assert();
    let known: Vec<_> = command().get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    assert_eq!(known, target::SUBCOMMANDS);
}

struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    assert_eq!(print(&mut Gone, b"text"), ExitCode::SUCCESS);
    assert_eq!(completions::run(Shell::Bash, &mut Gone), ExitCode::SUCCESS);
    assert_eq!(man::run(&mut Gone), ExitCode::SUCCESS);
}
