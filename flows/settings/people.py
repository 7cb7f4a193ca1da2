"""The settings about people: signing up, how long what is kept, what the register says."""

from pydantic import Field

from flows.settings.section import Section


class SubscriptionSettings(Section):
    """The public form, and how it is kept from being used against others."""

    open: bool = Field(True, description="readers may join the public lists by themselves")
    confirm_days: int = Field(
        7, ge=1, le=90, description="a sign-up that is not confirmed in so many days is forgotten"
    )
    mails_per_hour: int = Field(
        200, ge=1, description="mails at most that the public pages cause in an hour"
    )
    forms_per_network: int = Field(
        20, ge=1, description="forms an hour that are answered from one network"
    )
    work_bits: int = Field(
        15, ge=0, le=24, description="work that a browser proves by script: 2^bits hashes"
    )
    slow_minutes: int = Field(
        10, ge=0, description="how long a form without such a proof waits for its answer"
    )


class RetentionSettings(Section):
    """How long what is kept; `newsletter subscribers retention` shows what that means now."""

    automatic: bool = Field(
        False, description="the newsroom forgets daily by itself; otherwise a person does"
    )
    off_lists_days: int = Field(365, ge=1, description="contacts that are on no list any more")
    former_days: int = Field(
        365, ge=1, description="contacts of cities that are no members any more"
    )
    import_days: int = Field(
        90, ge=1, description="what contacts were before an import; until then it can be undone"
    )
    letters_days: int = Field(
        730, ge=1, description="addresses and names in the ledger of an issue that is over"
    )
    ledger_days: int = Field(
        1825, ge=1, description="the ledger of an issue that is over; its figures stay for ever"
    )
    consent_days: int = Field(
        1095, ge=30, description="consents; before they lapse their readers are asked again"
    )
    renewal_days: int = Field(
        60, ge=7, description="how long before a consent lapses its reader is asked"
    )


class PrivacySettings(Section):
    """What the register of processing and the public pages say of us."""

    controller: str = Field("", description="who answers for the data, with address")
    contact: str = Field("", description="where people ask about their data")
    officer: str = Field("", description="the data protection officer")
    policy_url: str = Field("", description="the privacy notice that public pages link to")
