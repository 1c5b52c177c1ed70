"""How the page looks: the system's own fonts, grays, one accent."""

import gradio as gr

FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def _sizes() -> gr.themes.Size:
    """Gradio's medium sizes of text, in rem: presenter mode enlarges them, and browsers may."""
    pixels = {"xxs": 9, "xs": 10, "sm": 12, "md": 14, "lg": 16, "xl": 22, "xxl": 26}
    sizes = {name: f"calc({value}rem / 16)" for name, value in pixels.items()}
    return gr.themes.Size(**sizes, name="text_rem")


def theme() -> gr.themes.Base:
    """A quiet page with fonts that every machine has: none is fetched."""
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="zinc",
        text_size=_sizes(),
        spacing_size="md",
        radius_size="md",
        font=FONT,
        font_mono=MONO,
    ).set(
        body_background_fill="white",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        body_background_fill_dark="*neutral_950",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_shadow="none",
        block_padding="0px",
        block_label_background_fill="*background_fill_primary",
        block_label_background_fill_dark="*background_fill_primary",
        block_title_text_weight="500",
        block_title_text_size="calc(13rem / 16)",
        checkbox_label_text_size="calc(13rem / 16)",
        checkbox_label_padding="6px 10px",
        checkbox_label_gap="6px",
        checkbox_label_background_fill="*neutral_100",
        checkbox_label_background_fill_dark="*neutral_800",
        checkbox_label_background_fill_hover="*neutral_200",
        checkbox_label_background_fill_hover_dark="*neutral_700",
        checkbox_label_background_fill_selected="*primary_50",
        checkbox_label_background_fill_selected_dark="#172554",
        checkbox_border_color="*neutral_400",
        checkbox_border_color_dark="*neutral_500",
        input_background_fill="*neutral_100",
        input_background_fill_dark="*neutral_800",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_large_text_size="calc(14rem / 16)",
        button_small_text_size="calc(13rem / 16)",
    )
