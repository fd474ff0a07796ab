//! Reads `#[flow(…)]`.

use syn::ext::IdentExt;
use syn::{Attribute, Error, Ident, Path, Result};

use crate::flow::tree::{OnFailure, Settings};

pub(super) fn split_attrs(
    all: Vec<Attribute>,
    errors: &mut Vec<Error>,
) -> (Vec<Attribute>, Settings) {
    let mut settings = Settings::default();
    let mut attrs = Vec::new();
    for attr in all {
        if !attr.path().is_ident("flow") {
            attrs.push(attr);
        } else if let Err(error) = read_settings(&attr, &mut settings) {
            errors.push(error);
        }
    }
    (attrs, settings)
}

fn read_settings(attr: &Attribute, settings: &mut Settings) -> Result<()> {
    attr.parse_nested_meta(|meta| {
        let key = meta
            .path
            .get_ident()
            .map(ToString::to_string)
            .unwrap_or_default();
        let again = match key.as_str() {
            "name" => settings.name.is_some(),
            "version" => settings.version.is_some(),
            "on_failure" => settings.on_failure.is_some(),
            "local" => settings.local,
            "crate" => settings.krate.is_some(),
            _ => {
                return Err(meta.error(
                    "`#[flow]` has no such setting; it knows `name`, `version`, `on_failure`, `local` and `crate`",
                ));
            }
        };
        if again {
            return Err(meta.error(format!("`{key}` is set twice; remove one")));
        }
        match key.as_str() {
            "name" => settings.name = Some(meta.value()?.parse()?),
            "version" => settings.version = Some(meta.value()?.parse()?),
            "on_failure" => {
                let word: Ident = meta.value()?.call(Ident::parse_any)?;
                settings.on_failure = Some(if word == "revert" {
                    OnFailure::Revert
                } else if word == "keep" {
                    OnFailure::Keep
                } else {
                    return Err(Error::new(
                        word.span(),
                        "`on_failure` is `revert` or `keep`; write one of them",
                    ));
                });
            }
            "local" => settings.local = true,
            _ => settings.krate = Some(meta.value()?.call(Path::parse_mod_style)?),
        }
        Ok(())
    })
}
