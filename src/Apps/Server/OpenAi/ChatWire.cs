using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace Quorate.Server.OpenAi;

/// <summary>
/// Writes one streamed completion as server-sent events. A piece of text costs no allocation. A stream that fails ends with an error
/// object and no [DONE], and the connection closes.
/// </summary>
internal sealed class ChatWire : IDisposable
{
    private readonly HttpContext _context;
    private readonly PipeWriter _pipe;
    private readonly Utf8JsonWriter _json;
    private readonly byte[] _head;
    private readonly byte[] _tail;
    private readonly byte[] _ending;
    private bool _roleSent;

    public ChatWire(HttpContext context, string id, long created, string model, bool includeUsage)
    {
        _context = context;
        _pipe = context.Response.BodyWriter;
        _json = new Utf8JsonWriter(_pipe, OpenAiJson.Relaxed);
        _head = Encoding.UTF8.GetBytes($"data: {{\"id\":\"{id}\",\"object\":\"chat.completion.chunk\",\"created\":{created},\"model\":\"{JsonEncodedText.Encode(model)}\",");
        // Chunks before the one with the usage say that theirs is null.
        (_tail, _ending) = includeUsage ? ("},\"finish_reason\":null}],\"usage\":null}\n\n"u8.ToArray(), "}],\"usage\":null"u8.ToArray()) : ("},\"finish_reason\":null}]}\n\n"u8.ToArray(), "}]"u8.ToArray());
    }

    public bool Started { get; private set; }

    /// <summary>Something was written that the client has not been sent.</summary>
    public bool Unsent { get; private set; }

    public void Start()
    {
        if (!Started)
        {
            Started = true;
            _context.Response.ContentType = "text/event-stream";
            _context.Response.Headers["X-Accel-Buffering"] = "no";
        }
    }

    public void Text(string text, ReadOnlySpan<byte> field)
    {
        Start();
        _pipe.Write(_head);
        _pipe.Write(_roleSent ? "\"choices\":[{\"index\":0,\"delta\":{"u8 : "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","u8);
        _pipe.Write(field);
        _json.WriteStringValue(text);
        _json.Flush();
        _json.Reset();
        _pipe.Write(_tail);
        (_roleSent, Unsent) = (true, true);
    }

    public void Text(string text) => Text(text, "\"content\":"u8);

    /// <summary>A line that clients skip.</summary>
    public void Comment(string line)
    {
        Start();
        _pipe.Write(Encoding.UTF8.GetBytes($": {line}\n\n"));
        Unsent = true;
    }

    /// <summary>The regular end. <paramref name="more"/> writes further fields of the last chunk.</summary>
    public void End(string finish, UsageDetails? usage, bool includeUsage, Action<Utf8JsonWriter>? more = null)
    {
        Start();
        _pipe.Write(_head);
        _pipe.Write("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"u8);
        _json.WriteStringValue(finish);
        _json.Flush();
        _json.Reset();
        _pipe.Write(_ending);
        if (more is not null)
        {
            _pipe.Write(",\"quorate\":"u8);
            more(_json);
            _json.Flush();
            _json.Reset();
        }

        _pipe.Write("}\n\n"u8);
        if (includeUsage && usage is not null)
        {
            _pipe.Write(_head);
            _pipe.Write("\"choices\":[],"u8);
            OpenAiJson.WriteUsage(_json, usage);
            _json.Flush();
            _json.Reset();
            _pipe.Write("}\n\n"u8);
        }

        _pipe.Write("data: [DONE]\n\n"u8);
        Unsent = true;
    }

    public void Fail(OpenAiError error)
    {
        Start();
        _pipe.Write("data: "u8);
        error.Write(_json);
        _json.Reset();
        _pipe.Write("\n\n"u8);
        Unsent = true;
        _context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
    }

    public async ValueTask SendAsync()
    {
        Unsent = false;
        await _pipe.FlushAsync(_context.RequestAborted);
        // A client that has gone shows in the token alone.
        _context.RequestAborted.ThrowIfCancellationRequested();
    }

    public void Dispose() => _json.Dispose();
}
