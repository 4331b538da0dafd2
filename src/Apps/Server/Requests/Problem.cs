using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Quorate.Contracts;
using Quorate.Server.OpenAi;

namespace Quorate.Server.Requests;

/// <param name="Field">Which part of the request is wrong.</param>
/// <param name="Value">What it was, cut to a line; null when absent or secret.</param>
/// <param name="Allowed">What would be right.</param>
internal sealed record FieldProblem(string Field, string? Value, string Allowed);

/// <summary>Errors as problem details (RFC 9457), with a stable code.</summary>
internal static class Problem
{
    public static IResult Of(int status, string code, string detail, string? hint = null) => Create(status, code, detail, hint, []);

    public static IResult OfField(string field, string? value, string allowed, int status = StatusCodes.Status400BadRequest) =>
        OfFields([new FieldProblem(field, Shown(value), allowed)], status);

    public static IResult OfFields(IReadOnlyList<FieldProblem> fields, int status = StatusCodes.Status400BadRequest) => Create(
        status, "field_invalid", string.Join("; ", fields.Select(f => f.Value is null ? $"{f.Field}: {f.Allowed}" : $"{f.Field} is '{f.Value}': {f.Allowed}")), null, fields);

    /// <summary>A job, key or entry that is not there, or is somebody else's: nobody can tell which.</summary>
    public static IResult NotFound(string what, string id) => Of(StatusCodes.Status404NotFound, "not_found", $"there is no {what} '{PlainText.Line(id, 60)}'");

    public static IResult OfError(QuorateException error) => Of(
        error.Kind == ErrorKind.Input ? StatusCodes.Status400BadRequest : StatusCodes.Status503ServiceUnavailable, error.Code, error.Message, error.Hint);

    /// <summary>For what the framework refuses without a word.</summary>
    public static IResult OfStatus(int status) => Of(status, CodeOf(status), ReasonPhrases.GetReasonPhrase(status));

    public static string? Shown(string? value) => value is null ? null : PlainText.Line(value, 60);

    private static ByApi Create(int status, string code, string detail, string? hint, IReadOnlyList<FieldProblem> fields)
    {
        var more = new Dictionary<string, object?> { ["code"] = code };
        if (hint is not null)
        {
            more["hint"] = hint;
        }

        if (fields.Count > 0)
        {
            (more["field"], more["value"], more["allowed"]) = (fields[0].Field, fields[0].Value, fields[0].Allowed);
            more["errors"] = fields;
        }

        return new ByApi(
            Results.Problem(detail, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status), type: $"urn:quorate:error:{code}", extensions: more),
            new OpenAiError(status, code, hint is null ? detail : $"{detail} ({hint})", fields.Count > 0 ? fields[0].Field : null));
    }

    /// <summary>Clients of OpenAI's API understand its own form only.</summary>
    private sealed class ByApi(IResult problem, OpenAiError error) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => (OpenAiError.IsFor(httpContext) ? error : problem).ExecuteAsync(httpContext);
    }

    private static string CodeOf(int status) => ReasonPhrases.GetReasonPhrase(status).Replace(' ', '_').Replace('-', '_').ToLowerInvariant();
}
