//! A backup tool.

#![allow(
    unreachable_pub,
    reason = "nothing is reached from outside of a program: `pub` means outside of a module"
)]

#[path = "backup/cli.rs"]
mod cli;
#[path = "backup/digest.rs"]
mod digest;
#[path = "backup/entry.rs"]
mod entry;
#[path = "backup/error.rs"]
mod error;
#[path = "backup/io.rs"]
mod io;
#[path = "backup/manifest.rs"]
mod manifest;
#[path = "backup/pack.rs"]
mod pack;
#[path = "backup/partial.rs"]
mod partial;
#[path = "backup/place.rs"]
mod place;
#[path = "backup/report.rs"]
mod report;
#[path = "backup/restore.rs"]
mod restore;
#[cfg(test)]
#[path = "backup/round_trip.rs"]
mod round_trip;
#[path = "backup/scan.rs"]
mod scan;
#[path = "backup/split.rs"]
mod split;
#[path = "backup/unpack.rs"]
mod unpack;

use clap::Parser as _;
use error::Result;
use place::{PACKS, Source, Target};

fn backup(source: &Source, target: &Target, level: i32, io: &io::Io) -> Result<report::Report> {
    place::prepare(target)?;
    let scan = scan::scan(source, io)?;
    let shares = split::split(&scan.entries);
    let mut warnings = scan.warnings.clone();
    let mut packs = Vec::new();
    for index in 0..PACKS {
        let packed = pack::pack(source, target, level, index, &scan, &shares, io)?;
        warnings.extend(packed.warnings);
        unpack::verify(&target.pack(&packed.pack.name), &packed.pack, io)?;
        packs.push(packed.pack);
    }
    manifest::Manifest::new(packs).write(target)?;
    let manifest = manifest::Manifest::read(target)?;
    let now = scan::scan(source, io)?;
    let before: Vec<_> = manifest.entries().map(|stored| &stored.entry).collect();
    warnings.extend(scan::differences(&before, &now.entries));
    Ok(report::Report::new(&manifest, warnings))
}

fn main() {
    let args = cli::Args::parse();
    let io = io::Io::stderr();
    let (Some(source), Some(target)) = (&args.source, &args.target) else {
        return;
    };
    let source = Source::find(source, args.exclude.clone()).unwrap_or_else(|e| panic!("{e}"));
    let target = Target::find(target, &source).unwrap_or_else(|e| panic!("{e}"));
    if args.restore {
        place::make_empty(&target.path, "").unwrap_or_else(|e| panic!("{e}"));
        let from = Target {
            path: source.path.clone(),
        };
        let manifest = manifest::Manifest::read(&from).unwrap_or_else(|e| panic!("{e}"));
        for pack in &manifest.packs {
            restore::restore_pack(&from, &target, pack, &io).unwrap_or_else(|e| panic!("{e}"));
        }
        restore::settle(&target, &manifest, &io).unwrap_or_else(|e| panic!("{e}"));
    } else {
        let report = backup(&source, &target, args.level, &io).unwrap_or_else(|e| panic!("{e}"));
        println!("{report}");
        report.warning_lines().for_each(|line| eprintln!("{line}"));
    }
}
