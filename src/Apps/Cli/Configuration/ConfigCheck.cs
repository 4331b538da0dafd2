using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Quorate.Cli.Configuration;

/// <summary>
/// Unknown keys and values of a wrong form. The binder's own check does not know <see cref="ConfigurationKeyNameAttribute"/>, and
/// passes over a text where a section or a list is needed.
/// </summary>
internal static class ConfigCheck
{
    /// <param name="settings">From one source.</param>
    /// <param name="name">How that source writes a key.</param>
    /// <param name="topLevel">Whether keys that are unknown at the top are problems as well.</param>
    public static IEnumerable<string> Problems(IConfiguration settings, Func<string, string> name, bool topLevel) =>
        OfSection(settings, typeof(QuorateConfig), name, topLevel);

    private static IEnumerable<string> OfSection(IConfiguration section, Type type, Func<string, string> name, bool unknownToo)
    {
        // Inherited keys come first, as documents list them.
        var known = type.GetProperties().OrderBy(p => p.DeclaringType == type).Where(p => p.IsDefined(typeof(ConfigurationKeyNameAttribute), inherit: false))
            .ToDictionary(p => p.GetCustomAttribute<ConfigurationKeyNameAttribute>()!.Name, p => p.PropertyType, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!known.TryGetValue(child.Key, out var kind))
            {
                if (unknownToo)
                {
                    yield return $"{name(child.Path)} is unknown; allowed here: {string.Join(", ", known.Keys)}";
                }

                continue;
            }

            foreach (var problem in OfValue(child, Nullable.GetUnderlyingType(kind) ?? kind, type, name))
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<string> OfValue(IConfigurationSection value, Type kind, Type owner, Func<string, string> name)
    {
        if (kind.Namespace == owner.Namespace)
        {
            return string.IsNullOrEmpty(value.Value) ? OfSection(value, kind, name, unknownToo: true) : [Needs(value, "an object", name)];
        }

        if (kind.IsGenericType && kind.GetGenericTypeDefinition() == typeof(Dictionary<,>) && kind.GenericTypeArguments[1] is { } element && element.Namespace == owner.Namespace)
        {
            return string.IsNullOrEmpty(value.Value) ? value.GetChildren().SelectMany(e => OfValue(e, element, owner, name)) : [Needs(value, "an object", name)];
        }

        if (kind == typeof(bool))
        {
            return bool.TryParse(value.Value, out _) ? [] : [Needs(value, "true or false", name)];
        }

        if (kind == typeof(List<string>))
        {
            return IsList(value) ? [] : [Needs(value, "a list of texts", name)];
        }

        if (kind == typeof(Dictionary<string, string[]>))
        {
            return !string.IsNullOrEmpty(value.Value) ? [Needs(value, "an object", name)]
                : value.GetChildren().Where(e => !IsList(e) || !e.GetChildren().Any()).Select(e => Needs(e, "a list of texts: a program and its arguments", name));
        }

        var fits = !value.GetChildren().Any() && (value.Value is null || kind == typeof(string)
            || (kind == typeof(int) ? int.TryParse(value.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
                : double.TryParse(value.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _)));
        return fits ? [] : [Needs(value, kind == typeof(string) ? "a text" : kind == typeof(int) ? "a whole number" : "a number", name)];
    }

    private static bool IsList(IConfigurationSection value) =>
        string.IsNullOrEmpty(value.Value) && value.GetChildren().All(item => item.Value is not null && !item.GetChildren().Any());

    private static string Needs(IConfigurationSection value, string wanted, Func<string, string> name) =>
        value.Value is null ? $"{name(value.Path)} needs {wanted}" : $"{name(value.Path)} is '{value.Value}'; {wanted} is needed";
}
