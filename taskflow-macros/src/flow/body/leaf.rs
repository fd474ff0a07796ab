//! Writes what is done with a step that is no task: `fail`, `sleep`, `signal`.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Writer, slot};
use crate::flow::model::Role;
use crate::flow::tree::{Leaf, LeafKind};

impl Writer<'_, '_> {
    pub(super) fn leaf(&self, number: &TokenStream, leaf: &Leaf) -> TokenStream {
        let Self {
            span,
            private,
            flow,
            ..
        } = self;
        let span = *span;
        match &leaf.kind {
            LeafKind::Fail(_) => {
                let reason = self.setting(&Role::Reason);
                quote_spanned! {span=>
                    #number => match __op {
                        #private::Op::Run(_) => #private::fail(#reason),
                        _ => #private::Step::OK,
                    },
                }
            }
            LeafKind::Sleep(_) => {
                let time = self.millis(&Role::Time);
                quote_spanned! {span=>
                    #number => match __op {
                        #private::Op::Open(_) => {
                            #private::Step::Open(#private::Setup::Sleep(#time))
                        }
                        _ => #private::Step::OK,
                    },
                }
            }
            LeafKind::Signal { ty, .. } => {
                let time = self.millis(&Role::Time);
                let slot = slot(self.number, span);
                let alike = self.alike();
                let check = (!flow.tree.settings.local)
                    .then(|| quote_spanned!(span=> (&#private::Sharing::<#ty>::NEW).check();));
                quote_spanned! {span=>
                    #number => match __op {
                        #private::Op::Open(_) => {
                            #check
                            #alike
                            #private::Step::Open(#private::Setup::Signal(#time))
                        }
                        #private::Op::Parse(__j, __o) => #slot.parse(__j, __o),
                        __op => #slot.received(__op),
                    },
                }
            }
        }
    }
}
