using System.ComponentModel;
using System.Globalization;

namespace Chroma.Configuration;

/// <summary>
/// Makes values out of the texts of a configuration. Microsoft.Extensions.Configuration looks for such a converter on the type of a property; without
/// one it leaves the property as it was and says nothing.
/// </summary>
/// <typeparam name="T">What is made.</typeparam>
internal abstract class TextConverter<T> : TypeConverter
    where T : notnull
{
    /// <inheritdoc/>
    public sealed override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    /// <inheritdoc/>
    public sealed override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? Parse(text.Trim()) : base.ConvertFrom(context, culture, value);

    /// <summary>Makes the value.</summary>
    /// <exception cref="ArgumentException">The text is none; the message says what is expected.</exception>
    protected abstract T Parse(string text);
}
